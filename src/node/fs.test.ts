/** node:fs over an image without files, beside Node's own on what is not there. */
import test from "node:test";
import assert from "node:assert/strict";
import { startApp } from "../faces/js/compartment.harness.ts";
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

test("what writes to no console is refused, and arguments are checked as in Node", () =>
  besideNode(
    `import fs from "node:fs";
     const told = (work) => new Promise((done) => work((error, ...results) => done([error?.code, ...results])));`,
    [
      `fs.writeSync(99, "text")`,
      `fs.fsyncSync(99)`,
      `fs.writeSync(1, 5)`,
      `fs.writeSync(1, "")`,
      `fs.writeSync(1, new Uint8Array(0))`,
      `told((done) => fs.write(1, "", done))`,
      `told((done) => fs.write(1, Buffer.alloc(0), 0, 0, null, done))`,
      `told((done) => fs.writev(2, [], done))`,
      `told((done) => fs.write(99, "text", done))`,
      `fs.write(1, "text")`,
    ],
  ));

test("descriptors 1 and 2 are the console, by number and by name", async () => {
  const app =
    await startApp(`import fs from "node:fs"; import { writeFile } from "node:fs/promises"; import { Console } from "node:console";
    fs.writeSync(1, "text é\\n"); fs.writeSync(2, Buffer.from("xbytesx"), 1, 5); fs.writeSync(2, Buffer.from("!\\n"), { offset: 0 });
    fs.writeSync(1, "aGV4", null, "base64"); fs.writeFileSync(1, "!\\n"); fs.appendFileSync("/dev/stderr", "appended\\n");
    fs.write(1, "called\\n", (error, count, data) => console.log(error, count, data));
    fs.writev(1, [Buffer.from("a"), Buffer.from("b\\n")], (error, count) => console.log(count));
    const stream = fs.createWriteStream("/dev/stdout"); stream.write("streamed\\n"); stream.end("ended\\n");
    fs.createWriteStream(null, { fd: 2 }).end("by number\\n");
    fs.closeSync(fs.openSync("/dev/stdout", "a")); await writeFile("/dev/stdout", "promised\\n");
    const own = new Console({ stdout: process.stdout, stderr: process.stderr });
    own.group("own"); own.log("in %s", "it"); own.groupEnd(); own.error("wrong");
    try { fs.writeFileSync("/tmp/x", "y"); } catch (error) { console.log(error.code); }`);
  app.runAlarms();
  assert.deepEqual(app.output.split("\n"), [
    ...["text é", "hex!", "called", "ab", "streamed", "ended"],
    ...["promised", "null 7 called", "", "3", "own", "  in it", "EROFS", ""],
  ]);
  assert.deepEqual(app.errors.split("\n"), ["bytes!", "appended", "by number", "wrong", ""]);
});
