/** node:dns on what needs no name server, beside Node's own; and what it says of the rest. */
import test from "node:test";
import assert from "node:assert/strict";
import { startApp } from "../faces/js/compartment.harness.ts";
import { besideNode } from "./beside-node.harness.ts";

test("addresses are looked up as in Node", () =>
  besideNode(
    `import dns, { promises } from "node:dns"; import { lookup } from "dns/promises";
     const told = (...values) => new Promise((done) => dns.lookup(...values, (error, ...results) => done([error?.code, ...results])));`,
    [
      `told("192.0.2.7")`,
      `told("2001:db8::1", {})`,
      `told("192.0.2.7", { all: true })`,
      `told("192.0.2.7", 4)`,
      `told("localhost", 4)`,
      `lookup("::1")`,
      `promises.lookup("192.0.2.7", { all: true })`,
      `dns.lookup("192.0.2.7")`,
    ],
  ));

test("names are not looked up here, and what asks servers says what does", async () => {
  const app = await startApp(`import dns, { lookup } from "node:dns";
    lookup("example.org", { all: true }, (error) => console.log(error.message));
    try { dns.resolve4("example.org", () => {}); } catch (error) { console.log(error.message); }`);
  app.runAlarms();
  assert.deepEqual(app.output.split("\n"), [
    "dns.resolve4 is not in a Skerry image: fetch looks names up",
    "dns.lookup of example.org is not in a Skerry image: fetch looks names up",
    "",
  ]);
});
