import test from "node:test";
import assert from "node:assert/strict";
import { bundleText } from "../faces/js/compartment.harness.ts";
import { MappedStream, mapStackText } from "./stack-map.ts";

test("a place in the bundle becomes the place in the user's file, and other text stays", async () => {
  const source = `interface A { a: number }\n\nexport default {\n  fetch(): Response {\n    throw new Error("x");\n  },\n};\n`;
  const { script, sourceMap } = await bundleText(source);
  const app = script.split("\0")[1]!;
  const line = app.split("\n").findIndex((text) => text.includes("throw new Error"));
  const column = app.split("\n")[line]!.indexOf("throw");
  const text = `    at fetch (app.js:${line + 1}:${column + 1})\n    at other (elsewhere.js:1:2)\n`;
  assert.equal(mapStackText(text, sourceMap), "    at fetch (app.ts:5:5)\n    at other (elsewhere.js:1:2)\n");
});

test("a place that the map does not know stays", async () => {
  const { sourceMap } = await bundleText(`export default 1;`);
  assert.equal(mapStackText("at app.js:9999:1", sourceMap), "at app.js:9999:1");
});

test("a place that arrives in pieces is mapped, and other text does not wait", async () => {
  const { script, sourceMap } = await bundleText(
    `export default {\n  fetch(): never {\n    throw 1;\n  },\n};\n`,
  );
  const lines = script.split("\0")[1]!.split("\n");
  const line = lines.findIndex((text) => text.includes("throw 1"));
  const whole = `at fetch (app.js:${line + 1}:${lines[line]!.indexOf("throw") + 1})\n`;
  for (let size = 1; size < whole.length; size++) {
    const given: string[] = [];
    const stream = new MappedStream(sourceMap, (text) => given.push(text));
    for (let at = 0; at < whole.length; at += size) stream.push(whole.slice(at, at + size));
    assert.equal(given.join(""), "at fetch (app.ts:3:5)\n", `pieces of ${size}`);
  }
  const prompt: string[] = [];
  const stream = new MappedStream(sourceMap, (text) => prompt.push(text));
  stream.push("name? ");
  assert.deepEqual(prompt, ["name? "]);
  stream.push("a");
  stream.flush();
  assert.deepEqual(prompt, ["name? ", "a"]);
});
