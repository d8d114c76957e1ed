/** node:fs over an image without files, beside Node's own on what is not there. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

test("what is not there is refused as in Node", () =>
  besideNode(
    `import fs, { promises } from "node:fs"; import { readFile } from "fs/promises";
     const told = (work) => new Promise((done) => work((error, result) => done([error, error?.code, error?.errno, error?.syscall, error?.path, result])));`,
    [
      `fs.existsSync("/no/such")`,
      `fs.readFileSync("/no/such")`,
      `fs.readFileSync("/")`,
      `fs.statSync("/no/such")`,
      `fs.statSync("/no/such", { throwIfNoEntry: false })`,
      `fs.statSync("/").isDirectory()`,
      `fs.readdirSync("/no/such")`,
      `fs.accessSync("/no/such")`,
      `fs.readFileSync(5.5)`,
      `fs.readFile("/x")`,
      `told((done) => fs.readFile("/no/such", done))`,
      `told((done) => fs.stat("/no/such", done))`,
      `readFile("/no/such")`,
      `promises.stat("/no/such")`,
      `new Promise((done) => fs.createReadStream("/no/such").on("error", done))`,
    ],
  ));
