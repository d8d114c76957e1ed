import test from "node:test";
import assert from "node:assert/strict";
import { compileModule } from "../compiler/compile.ts";
import { decodeCompiled, encodeCompiled, isWhole } from "./compiled-form.ts";
import { largeModule } from "./large-module.harness.ts";

const module = compileModule(largeModule(3));
const bytes = encodeCompiled(module);

test("a module comes back as it was", () => {
  assert.equal(isWhole(bytes), true);
  assert.deepEqual(decodeCompiled(bytes), module);
  const withData = compileModule(largeModule(3), { initial: "data" });
  assert.deepEqual(decodeCompiled(encodeCompiled(withData)), withData);
});

test("a module comes back from bytes that are a part of others", () => {
  const larger = new Uint8Array(bytes.length + 24);
  larger.set(bytes, 8);
  assert.deepEqual(decodeCompiled(larger.subarray(8, 8 + bytes.length)), module);
});

test("no byte can be changed, added or taken away unnoticed", () => {
  for (let at = 0; at < bytes.length; at += at < 64 ? 1 : 4099) {
    bytes[at]! ^= 0x10;
    assert.equal(isWhole(bytes), false, `byte ${at}`);
    bytes[at]! ^= 0x10;
  }
  for (const length of [0, 31, 32, 39, 40, bytes.length - 1]) {
    assert.equal(isWhole(bytes.subarray(0, length)), false, `${length} bytes`);
  }
  assert.equal(isWhole(Buffer.concat([bytes, Buffer.alloc(4)])), false);
  assert.equal(isWhole(bytes), true);
});
