import test from "node:test";
import assert from "node:assert/strict";
import { ValueType } from "../../src/abi/wasm.ts";
import { readExpressions, type List } from "./expression.ts";
import { ScriptError, UnsupportedError } from "./script-error.ts";
import { matches, parsePattern, parseValue } from "./value.ts";

const list = (source: string): List => readExpressions(source)[0] as List;
const value = (source: string) => parseValue(list(source));
const agrees = (given: string, expected: string): boolean =>
  matches(value(given), parsePattern(list(expected)));

test("arguments are bit patterns", () => {
  assert.deepEqual(value("(i32.const -1)"), { type: ValueType.I32, bits: 0xffffffffn });
  assert.deepEqual(value("(f64.const -0)"), { type: ValueType.F64, bits: 1n << 63n });
  assert.deepEqual(value("(ref.null extern)"), { type: ValueType.ExternRef, bits: 0n });
  assert.deepEqual(value("(ref.extern 0)"), { type: ValueType.ExternRef, bits: 1n });
  assert.deepEqual(value("(v128.const i16x8 1 2 0 0 0 0 0 -1)"), {
    type: ValueType.V128,
    bits: (0xffffn << 112n) | (2n << 16n) | 1n,
  });
});

test("lanes that are more than the shape's take the shape that has as many", () => {
  assert.deepEqual(value("(v128.const i32x4 1 0 0 0 0 0 0 2)"), value("(v128.const i16x8 1 0 0 0 0 0 0 2)"));
});

test("numbers match by their bits", () => {
  assert.ok(agrees("(f32.const 0)", "(f32.const 0)"));
  assert.ok(!agrees("(f32.const 0)", "(f32.const -0)"));
  assert.ok(!agrees("(i64.const 0)", "(i32.const 0)"));
});

test("a canonical NaN has no payload, an arithmetic one is quiet", () => {
  assert.ok(agrees("(f32.const -nan)", "(f32.const nan:canonical)"));
  assert.ok(!agrees("(f32.const nan:0x600000)", "(f32.const nan:canonical)"));
  assert.ok(agrees("(f32.const nan:0x600000)", "(f32.const nan:arithmetic)"));
  assert.ok(!agrees("(f32.const nan:0x200000)", "(f32.const nan:arithmetic)"));
  assert.ok(
    agrees("(v128.const f32x4 1 -nan 3 nan:0x400001)", "(v128.const f32x4 1 nan:canonical 3 nan:arithmetic)"),
  );
});

test("either of several patterns will do", () => {
  assert.ok(agrees("(i32.const 2)", "(either (i32.const 1) (i32.const 2))"));
  assert.ok(!agrees("(i32.const 3)", "(either (i32.const 1) (i32.const 2))"));
});

test("references are null, something, or a certain one", () => {
  assert.ok(agrees("(ref.extern 7)", "(ref.extern)"));
  assert.ok(agrees("(ref.extern 7)", "(ref.extern 7)"));
  assert.ok(!agrees("(ref.extern 7)", "(ref.extern 8)"));
  assert.ok(!agrees("(ref.null extern)", "(ref.extern)"));
  assert.ok(agrees("(ref.null func)", "(ref.null)"));
  assert.ok(!agrees("(ref.null func)", "(ref.null extern)"));
  assert.ok(matches({ type: ValueType.FuncRef, bits: 5n }, parsePattern(list("(ref.func)"))));
});

test("what is no constant, and what needs a proposal, is told apart", () => {
  assert.throws(() => value("(i32.const)"), ScriptError);
  assert.throws(() => value("(i32.const 1.5)"), ScriptError);
  assert.throws(() => value("(f32.const nan:canonical)"), ScriptError);
  assert.throws(() => value("(i32.add)"), ScriptError);
  assert.throws(() => value("(ref.host 1)"), UnsupportedError);
});
