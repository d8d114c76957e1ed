import test from "node:test";
import { acceptedByV8, assertAccepted, assertRefused, wat } from "./module.harness.ts";
import assert from "node:assert/strict";

/** The surroundings of each body below. */
const AROUND = `
  (type $pair (func (param i32 i64) (result i64 i32)))
  (memory 1)
  (table $functions 1 funcref)
  (table $objects 1 externref)
  (global $constant i32 (i32.const 1))
  (global $variable (mut f32) (f32.const 1))
  (func $none)
  (func $pair (type $pair) (local.get 1) (local.get 0))
  (func $hidden)
  (elem $segment declare func $none)
  (data $data "x")`;

const moduleOfBody = (body: string): Uint8Array => wat(`(module ${AROUND} (func $body ${body}))`);

const INVALID: readonly (readonly [body: string, message: string])[] = [
  // Operands.
  [`i32.add drop`, "type mismatch: i32.add expects i32, but the stack is empty"],
  [`(drop (i32.add (i32.const 1) (i64.const 1)))`, "type mismatch: i32.add expects i32, found i64"],
  [`i32.const 1`, "type mismatch: 1 values remain"],
  [`(result i32)`, "type mismatch: end expects i32, but the stack is empty"],
  [`(result i32) (f32.const 1)`, "type mismatch: end expects i32, found f32"],
  [`drop`, "type mismatch: drop expects a value"],
  [`(i32.const 1) (block (drop))`, "type mismatch"],
  [
    `(drop (select (i32.const 1) (f32.const 1) (i32.const 1)))`,
    "type mismatch: select expects i32, found f32",
  ],
  [`(drop (select (ref.null func) (ref.null func) (i32.const 1)))`, "type mismatch: select of references"],
  [`(drop (select (result funcref) (ref.null func) (ref.null extern) (i32.const 1)))`, "type mismatch"],
  [`(drop (ref.is_null (i32.const 1)))`, "type mismatch: ref.is_null expects funcref, found i32"],
  // Variables.
  [`(drop (local.get 0))`, "unknown local 0"],
  [`(param i32) (local f32) (local.set 2 (i32.const 1))`, "unknown local 2"],
  [`(param i32) (local f32) (local.set 1 (i32.const 1))`, "type mismatch"],
  [`(local f32) (drop (local.tee 0 (i32.const 1)))`, "type mismatch"],
  [`(drop (global.get 2))`, "unknown global 2"],
  [`(global.set $constant (i32.const 1))`, "global is immutable"],
  [`(global.set $variable (i32.const 1))`, "type mismatch"],
  // Blocks and branches.
  [`(block (result i32))`, "type mismatch"],
  [`(drop (if (result i32) (i32.const 1) (then (i32.const 1))))`, "type mismatch: an if without else"],
  [`(drop (if (result i32) (i32.const 1) (then (i32.const 1)) (else (f32.const 1))))`, "type mismatch"],
  [`(if (f32.const 1) (then))`, "type mismatch"],
  [`(br 1)`, "unknown label 1"],
  [`(block (br_if 2 (i32.const 1)))`, "unknown label 2"],
  [`(block (br_table 0 5 0 (i32.const 1)))`, "unknown label 5"],
  [`(drop (block (result i32) (br 0)))`, "type mismatch: br expects i32"],
  [`(loop (param i32) (drop) (br 0))`, "type mismatch"],
  [
    `(drop (block (result i32) (block (br_table 0 1 (i32.const 1) (i32.const 1))) (i32.const 1)))`,
    "type mismatch",
  ],
  [`(result i32) return`, "type mismatch"],
  // Calls.
  [`(call 9)`, "unknown function 9"],
  [`(call $pair (i64.const 1) (i32.const 1)) (drop) (drop)`, "type mismatch"],
  [`(call_indirect $functions (type 9) (i32.const 1))`, "unknown type 9"],
  [`(call_indirect 7 (type $pair) (i32.const 1))`, "unknown table 7"],
  [`(call_indirect $objects (i32.const 1))`, "type mismatch: table 1 does not hold functions"],
  [`(call_indirect $functions (i64.const 1))`, "type mismatch"],
  [`(return_call $pair (i32.const 1) (i64.const 1))`, "type mismatch: a tail call"],
  [`(drop (ref.func 9))`, "unknown function 9"],
  [`(drop (ref.func $hidden))`, "undeclared function reference 2"],
  // Memory and tables.
  [`(drop (i32.load align=8 (i32.const 1)))`, "alignment must not be larger than natural"],
  [`(drop (v128.load8_lane 16 (i32.const 1) (v128.const i64x2 0 0)))`, "invalid lane index 16 of 16"],
  [`(drop (i32x4.extract_lane 4 (v128.const i64x2 0 0)))`, "invalid lane index 4 of 4"],
  [`(memory.init 5 (i32.const 1) (i32.const 1) (i32.const 1))`, "unknown data segment 5"],
  [`(data.drop 1)`, "unknown data segment 1"],
  [`(elem.drop 1)`, "unknown elem segment 1"],
  [`(table.init $objects $segment (i32.const 1) (i32.const 1) (i32.const 1))`, "type mismatch"],
  [`(table.copy $objects $functions (i32.const 1) (i32.const 1) (i32.const 1))`, "type mismatch"],
  [`(table.set $objects (i32.const 0) (ref.null func))`, "type mismatch"],
  [`(drop (table.size 2))`, "unknown table 2"],
  // Code that is not reached has types, too.
  [`(unreachable) (drop (i32.add (f32.const 1)))`, "type mismatch"],
  [`(unreachable) (i32.const 1)`, "type mismatch"],
  [`(return) (block (drop))`, "type mismatch"],
  [`(unreachable) (drop (select (i32.const 1) (f32.const 1) (i32.const 1)))`, "type mismatch"],
  [`(block (br 0) (drop (i64.eqz (i32.const 0))))`, "type mismatch"],
  [`(unreachable) (drop (local.get 7))`, "unknown local 7"],
];

const VALID: readonly string[] = [
  `(drop (select (i32.const 1) (i32.const 2) (i32.const 1)))`,
  `(unreachable) (drop (i32.add))`,
  `(result i32) (unreachable)`,
  `(result i32) (unreachable) (select)`,
  `(unreachable) (drop (ref.is_null))`,
  `(drop (block (result f32) (block (result i32) (unreachable) (br_table 0 1 (i32.const 1))) (drop) (f32.const 1)))`,
  `(loop (br_if 0 (i32.const 1)) (br 0) (drop (i32.add)))`,
  `(drop (drop (call $pair (i32.const 1) (i64.const 1))))`,
  `(if (result i64) (i32.const 1) (then (i64.const 1)) (else (return))) (drop)`,
  `(param i32) (result i32) (if (param i32) (result i32) (local.get 0) (i32.const 1) (then))`,
  `(param i32 i64) (result i64 i32) (return_call $pair (local.get 0) (local.get 1))`,
  `(drop (ref.func $none))`,
  `(memory.init $data (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $data)`,
  `(table.set $objects (i32.const 0) (table.get $objects (i32.const 1)))`,
];

for (const [body, message] of INVALID) {
  test(`invalid: ${body}: ${message}`, () => {
    const bytes = moduleOfBody(body);
    assertRefused(bytes, { kind: "invalid", message });
    assert.ok(!acceptedByV8(bytes));
  });
}

for (const body of VALID) {
  test(`valid: ${body}`, () => {
    const bytes = moduleOfBody(body);
    assertAccepted(bytes);
    assert.ok(acceptedByV8(bytes));
  });
}
