import test from "node:test";
import assert from "node:assert/strict";
import { prepareEngine } from "./engine.ts";

test("the engine's imports and exports have their real names, and the module is still valid", async () => {
  const engine = await prepareEngine();
  const module = new WebAssembly.Module(engine.wasm as BufferSource);
  const imports = WebAssembly.Module.imports(module);
  const exports = WebAssembly.Module.exports(module).map((one) => one.name);
  assert.deepEqual([...new Set(imports.map((one) => one.module))].sort(), ["env", "face"]);
  for (const name of ["callFunction", "freeHostRef", "resizeHeap", "fdWrite", "shouldInterrupt"]) {
    assert.ok(
      imports.some((one) => one.name === name),
      name,
    );
  }
  for (const name of [
    "malloc",
    "free",
    "QTS_Eval",
    "QTS_Call",
    "QTS_NewString",
    "initialize",
    "stackCurrent",
    "rejectionTracker",
    "useHeap",
    "trimHeap",
    "heapAllocate",
  ]) {
    assert.ok(exports.includes(name), name);
  }
  assert.equal(exports.length, 79);
  assert.equal(new Set(exports).size, exports.length);
  assert.ok(engine.memoryPages.initial <= engine.memoryPages.maximum);
});
