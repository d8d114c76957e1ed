import test from "node:test";
import assert from "node:assert/strict";
import { respell } from "./legacy-text.ts";

for (const [old, now] of [
  ["(block i32 (br 0))", "(block (result i32) (br 0))"],
  ["(loop $l f64)", "(loop $l (result f64))"],
  ["(if (a) (b))", "(if (a) (then (b)))"],
  ["(if i32 (a) (b) (c))", "(if (result i32) (a) (then (b)) (else (c)))"],
  ["(if (a) (if (b) (c)))", "(if (a) (then (if (b) (then (c)))))"],
  ["(if (result i32) (a) (then (b)) (else (c)))", "(if (result i32) (a) (then (b)) (else (c)))"],
  ["(f32.const -infinity)", "(f32.const -inf)"],
  [
    "(table $t 1 funcref)(elem $t (i32.const 0) $f)",
    "(table $t 1 funcref)(elem (table $t) (i32.const 0) $f)",
  ],
  ["(elem $t (i32.const 0) $f)", "(elem $t (i32.const 0) $f)"],
  ["(memory $m (shared 1 2))", "(memory $m 1 2 shared)"],
  ["(param (ref null func) (ref null extern) (ref func))", "(param funcref externref (ref func))"],
  [String.raw`(func $"a b" $"\41")`, "(func $name_612062 $A)"],
  ["(func (@note (x)) (nop))", "(func   (nop))"],
] as const) {
  test(`${old} is ${now}`, () => assert.equal(respell(old), now));
}
