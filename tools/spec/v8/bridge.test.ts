import test from "node:test";
import assert from "node:assert/strict";
import { ValueType, type FunctionType } from "../../../src/abi/wasm.ts";
import { Assembler } from "../assembler.ts";
import type { Value } from "../value.ts";
import { Bridge } from "./bridge.ts";

test("values of every type pass unchanged, results in their order", async () => {
  const assembler = await Assembler.load();
  const assembled = assembler.assemble(`
    (func (export "f")
      (param i32 i64 f32 f64 v128 externref funcref) (result funcref externref v128 f64 f32 i64 i32)
      (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))`);
  assert.ok(assembled.kind === "bytes");
  const module = new WebAssembly.Module(assembled.bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module);

  const parameters = [
    ValueType.I32,
    ValueType.I64,
    ValueType.F32,
    ValueType.F64,
    ValueType.V128,
    ValueType.ExternRef,
    ValueType.FuncRef,
  ];
  const type: FunctionType = { parameters, results: [...parameters].reverse() };
  const bits = [0xffffffffn, (1n << 63n) + 1n, 0x7fa00000n, 0xfff4000000000000n, (1n << 127n) + 3n, 7n, 0n];
  const values: Value[] = parameters.map((of, index) => ({ type: of, bits: bits[index]! }));
  assert.deepEqual(new Bridge(exports["f"]!, type).call(values), [...values].reverse());
});
