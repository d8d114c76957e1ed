import test from "node:test";
import assert from "node:assert/strict";
import { F32, F64, floatBits, integerBits } from "./literal.ts";

const view = new DataView(new ArrayBuffer(8));

function f64Bits(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

function f32Bits(value: number): bigint {
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
}

test("integers are signed or unsigned, in their range only", () => {
  assert.equal(integerBits("-1", 32), 0xffffffffn);
  assert.equal(integerBits("4294967295", 32), 0xffffffffn);
  assert.equal(integerBits("-0x8000_0000", 32), 0x80000000n);
  assert.equal(integerBits("+12", 64), 12n);
  for (const text of ["4294967296", "-2147483649", "1__0", "_1", "1_", "0x", "", "1.0", "a"]) {
    assert.equal(integerBits(text, 32), undefined, text);
  }
});

test("decimals are rounded as JavaScript rounds them", () => {
  const texts = [
    "0",
    "0.1",
    "1e22",
    "1.7976931348623157e308",
    "5e-324",
    "2.2250738585072011e-308",
    "123_456.5e-3",
  ];
  for (const text of texts)
    assert.equal(floatBits(text, F64), f64Bits(Number(text.replaceAll("_", ""))), text);
});

test("every f32 power of two and its neighbours survive", () => {
  for (let exponent = -149; exponent < 128; exponent++) {
    const value = 2 ** exponent;
    assert.equal(floatBits(String(value), F32), f32Bits(value), `2^${exponent}`);
    assert.equal(floatBits(`0x1p${exponent}`, F32), f32Bits(value), `0x1p${exponent}`);
  }
});

test("a decimal is rounded to f32 once, not by way of f64", () => {
  // Just above the middle between two f32: as an f64 it is the middle itself, and would be rounded to even.
  const text = "1.00000005960464477540";
  assert.equal(f32Bits(Number(text)), 0x3f800000n);
  assert.equal(floatBits(text, F32), 0x3f800001n);
});

test("hexadecimals are rounded to nearest, ties to even", () => {
  assert.equal(floatBits("0x1.000001p0", F32), 0x3f800000n);
  assert.equal(floatBits("0x1.0000010000001p0", F32), 0x3f800001n);
  assert.equal(floatBits("0x1.000003p0", F32), 0x3f800002n);
  assert.equal(floatBits("-0x1.fffffep127", F32), 0xff7fffffn);
  assert.equal(floatBits("0x0.0000_01p-126", F32), 0n);
  assert.equal(floatBits("0x1p-149", F32), 1n);
  assert.equal(floatBits("0x1p-1074", F64), 1n);
});

test("what rounds beyond the largest number is out of range", () => {
  assert.equal(floatBits("0x1.ffffffp127", F32), undefined);
  assert.equal(floatBits("1e309", F64), undefined);
  assert.equal(floatBits("1e999999999", F64), undefined);
  assert.equal(floatBits("1e-999999999", F64), 0n);
});

test("infinities and NaNs", () => {
  assert.equal(floatBits("inf", F32), 0x7f800000n);
  assert.equal(floatBits("-inf", F64), 0xfff0000000000000n);
  assert.equal(floatBits("nan", F32), 0x7fc00000n);
  assert.equal(floatBits("-nan:0x1", F32), 0xff800001n);
  assert.equal(floatBits("nan:0x0", F32), undefined);
  assert.equal(floatBits("nan:0x800000", F32), undefined);
});
