import test from "node:test";
import assert from "node:assert/strict";
import { ValueType } from "../../abi/wasm.ts";
import { parseValue, showValue, ValueError } from "./value.ts";

const I32 = ValueType.I32;
const I64 = ValueType.I64;
const F32 = ValueType.F32;
const F64 = ValueType.F64;
const V128 = ValueType.V128;

test("arguments become bits, and results text", () => {
  const cases: readonly (readonly [string, ValueType, bigint, string])[] = [
    ["30", I32, 30n, "i32:30"],
    ["-1", I32, 0xffff_ffffn, "i32:-1"],
    ["0x10", I32, 16n, "i32:16"],
    ["-0x80000000", I32, 0x8000_0000n, "i32:-2147483648"],
    ["4294967295", I32, 0xffff_ffffn, "i32:-1"],
    ["-5", I64, 0xffff_ffff_ffff_fffbn, "i64:-5"],
    ["1_000", I64, 1000n, "i64:1000"],
    ["1.5", F64, 0x3ff8_0000_0000_0000n, "f64:1.5"],
    ["0.1", F64, 0x3fb9_9999_9999_999an, "f64:0.1"],
    ["-0", F64, 1n << 63n, "f64:-0"],
    ["1e21", F64, 0x444b_1ae4_d6e2_ef50n, "f64:1e+21"],
    ["0.1", F32, 0x3dcc_cccdn, "f32:0.1"],
    ["16777216", F32, 0x4b80_0000n, "f32:16777216"],
    ["3.4028234663852886e38", F32, 0x7f7f_ffffn, "f32:3.4028235e+38"],
    ["1e-45", F32, 1n, "f32:1e-45"],
    ["nan", F64, 0x7ff8_0000_0000_0000n, "f64:nan"],
    ["-nan", F32, 0xffc0_0000n, "f32:-nan"],
    ["nan:0x1", F32, 0x7f80_0001n, "f32:nan:0x1"],
    ["-inf", F32, 0xff80_0000n, "f32:-inf"],
    ["0x1.8p1", F64, 0x4008_0000_0000_0000n, "f64:3"],
    ["0x1.00000100000000001p-50", F32, 0x2680_0001n, "f32:8.881785e-16"],
    ["0x1p-149", F32, 1n, "f32:1e-45"],
    ["0x1.ffffffp127", F32, 0x7f80_0000n, "f32:inf"],
    ["0x123", V128, 0x123n, "v128:0x00000000000000000000000000000123"],
    ["null", ValueType.FuncRef, 0n, "funcref:null"],
    ["null", ValueType.ExternRef, 0n, "externref:null"],
  ];
  for (const [text, type, bits, shown] of cases) {
    const value = parseValue(text, type);
    assert.equal(value.bits, bits, text);
    assert.equal(showValue(value), shown);
  }
});

test("an argument that is no value of its type says what is expected", () => {
  const cases: readonly (readonly [string, ValueType, RegExp])[] = [
    ["4294967296", I32, /does not fit into 32 bits/],
    ["-2147483649", I32, /does not fit into 32 bits/],
    ["1.5", I32, /"1.5" is no i32: expected a whole number/],
    ["", I64, /"" is no i64/],
    ["abc", F64, /"abc" is no f64: expected a number/],
    ["nan:0x0", F64, /payload/],
    ["nan:0x800000", F32, /payload has 1 to 23 bits/],
    ["12", V128, /"12" is no v128/],
    ["1", ValueType.FuncRef, /"1" is no funcref: expected null/],
  ];
  for (const [text, type, message] of cases) {
    assert.throws(
      () => parseValue(text, type),
      (error) => error instanceof ValueError && message.test(error.message),
      text,
    );
  }
});

test("every f32 near a power of two reads back as itself", () => {
  for (let exponent = 0; exponent < 255; exponent++) {
    for (const offset of [-1, 0, 1]) {
      const bits = BigInt.asUintN(31, BigInt(exponent * 2 ** 23 + offset));
      if (bits >= 0x7f80_0000n) continue;
      const text = showValue({ type: F32, bits }).slice("f32:".length);
      assert.equal(parseValue(text, F32).bits, bits, text);
    }
  }
});
