import test from "node:test";
import assert from "node:assert/strict";
import type { ModuleFacts } from "./facts.ts";
import { assertAccepted, wat } from "./module.harness.ts";

const facts = (text: string): ModuleFacts => assertAccepted(wat(`(module ${text})`));

const TABLES = `(table $a 4 funcref) (table $b 4 funcref) (elem $e funcref (ref.null func))`;
const THREE = `(i32.const 0) (i32.const 0) (i32.const 0)`;

/** Which of the two tables is written. */
const TABLE_WRITES: readonly (readonly [text: string, a: boolean, b: boolean])[] = [
  [`(elem (table $a) (i32.const 1) funcref (ref.null func))`, false, false],
  [`(elem (table $a) (i32.add (i32.const 1) (i32.const 2)) funcref (ref.null func))`, false, false],
  [`(import "a" "b" (global i32)) ${TABLES} (elem (table $b) (global.get 0) funcref)`, false, true],
  [`(func (drop (table.get $a (i32.const 0))) (drop (table.size $b)))`, false, false],
  [`(func (table.set $b (i32.const 0) (ref.null func)))`, false, true],
  [`(func (drop (table.grow $a (ref.null func) (i32.const 1))))`, true, false],
  [`(func (table.fill $b (i32.const 0) (ref.null func) (i32.const 1)))`, false, true],
  [`(func (table.init $b $e ${THREE}))`, false, true],
  [`(func (table.copy $a $b ${THREE}))`, true, false],
  [`(func (unreachable) (table.copy $b $a))`, false, true],
  [`(func (call_indirect $a (i32.const 0)))`, false, false],
];

for (const [text, a, b] of TABLE_WRITES) {
  test(`tables written: ${a} ${b} by ${text}`, () => {
    const { tableIsWritten } = facts(text.startsWith("(import") ? text : `${TABLES} ${text}`);
    assert.deepEqual(tableIsWritten, [a, b]);
  });
}

test("tables that others see", () => {
  const { tableIsExportedOrImported } = facts(
    `(import "a" "b" (table 1 funcref)) (table 1 funcref) (table (export "c") 1 funcref)`,
  );
  assert.deepEqual(tableIsExportedOrImported, [true, false, true]);
});

test("globals are written by the module, or by whom they are shared with", () => {
  const { globalIsWritten } = facts(`
    (import "a" "b" (global i32))
    (import "a" "c" (global (mut i32)))
    (global (export "d") i32 (i32.const 0))
    (global (export "e") (mut i32) (i32.const 0))
    (global (mut i32) (i32.const 0))
    (global (mut i32) (i32.const 0))
    (func (global.set 5 (global.get 4)))`);
  assert.deepEqual(globalIsWritten, [false, true, false, true, false, true]);
});

test("memory.grow is noticed, memory.size is not", () => {
  assert.ok(!facts(`(memory 1) (func (drop (memory.size)))`).usesMemoryGrow);
  assert.ok(facts(`(memory 1) (func (drop (memory.grow (i32.const 1))))`).usesMemoryGrow);
});

test("vectors are noticed wherever they are", () => {
  assert.ok(
    !facts(`(memory 1) (func (param i64) (local f64) (i32.atomic.store (i32.const 0) (i32.const 0)))`)
      .hasSimd,
  );
  for (const text of [
    `(import "a" "b" (func (param v128)))`,
    `(type (func (result v128)))`,
    `(import "a" "b" (global v128))`,
    `(func (local v128))`,
    `(func (unreachable) (drop (i8x16.bitmask)))`,
  ]) {
    assert.ok(facts(text).hasSimd, text);
  }
});
