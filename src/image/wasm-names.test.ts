import test from "node:test";
import assert from "node:assert/strict";
import { moduleNames, renameModule } from "./wasm-names.ts";

/** (import "a" "b" (func (param i32 f64) (result i32))) (import "a" "m" (memory 1 2)), exported as "x" and "y". */
const MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 7, 1, 0x60, 2, 0x7f, 0x7c, 1, 0x7f],
  ...[2, 15, 2, 1, 0x61, 1, 0x62, 0, 0, 1, 0x61, 1, 0x6d, 2, 1, 1, 2],
  ...[7, 9, 2, 1, 0x78, 0, 0, 1, 0x79, 2, 0],
]);

test("names and signatures are read", () => {
  const names = moduleNames(MODULE);
  assert.deepEqual([...names.imports], [["b", "i32 f64 -> i32"]]);
  assert.deepEqual([...names.exports], [["x", "i32 f64 -> i32"]]);
  assert.deepEqual(names.memory, { initial: 1, maximum: 2 });
});

test("a renamed module is valid and differs in its names alone", () => {
  const longName = "n".repeat(200);
  const renamed = renameModule(
    MODULE,
    ({ name }) => ({ module: "host", name: name === "b" ? longName : "memory" }),
    (name) => `${name}-export`,
  );
  const module = new WebAssembly.Module(renamed as BufferSource);
  assert.deepEqual(
    WebAssembly.Module.imports(module).map(({ module: from, name }) => `${from}.${name}`),
    [`host.${longName}`, "host.memory"],
  );
  assert.deepEqual(
    WebAssembly.Module.exports(module).map(({ name }) => name),
    ["x-export", "y-export"],
  );
  const back = renameModule(
    renamed,
    ({ name }) => ({ module: "a", name: name === longName ? "b" : "m" }),
    (name) => name.replace("-export", ""),
  );
  assert.deepEqual(back, MODULE);
});

test("a module that is cut short is an error", () => {
  for (let length = 9; length < MODULE.length; length++) {
    try {
      moduleNames(MODULE.subarray(0, length));
    } catch (error) {
      assert.match((error as Error).message, /Wasm module/);
    }
  }
});
