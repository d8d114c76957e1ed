import test from "node:test";
import assert from "node:assert/strict";
import { readExpressions } from "./expression.ts";
import { proposalOf } from "./unsupported.ts";

const tell = (source: string) => proposalOf(readExpressions(source));

for (const [source, proposal] of [
  ["(module (tag $e))", "exceptions"],
  ["(func (try_table (catch_all 0)))", "exceptions"],
  ["(type (struct (field i32)))", "gc"],
  ["(func (param anyref))", "gc"],
  ["(func (param (ref null $t)))", "typed function references"],
  ["(table 1 funcref (ref.null func))", "typed function references"],
  ["(memory i64 1)", "memory64"],
  ['(memory (data i64 "x"))', "memory64"],
  ["(i32.load $m (i32.const 0))", "multi-memory"],
  ["(memory.copy 0 1)", "multi-memory"],
  ["(module (memory 1) (memory 2))", "multi-memory"],
  ['(module (import "a" "b" (memory 1)) (memory 2))', "multi-memory"],
  ["(i8x16.relaxed_swizzle)", "relaxed SIMD"],
  ["(i64.add128)", "wide arithmetic"],
  ["(memory.atomic.notify)", "wait/notify of threads"],
  ["(memory 1 (pagesize 1))", "custom page sizes"],
  ["(tuple.make)", "Binaryen's dialect"],
] as const) {
  test(`${source} needs ${proposal}`, () => assert.equal(tell(source), proposal));
}

test("what Wasm 2.0 has needs nothing", () => {
  const source = `(module $m
    (type $t (func (param i32 i64) (result f32)))
    (import "try" "struct" (func $catch (type $t)))
    (memory $mem 1 2) (table $tab 1 funcref (elem $f))
    (global (mut externref) (ref.null extern))
    (func $f (local i64 i64) (v128.load8_lane offset=1 3 (i32.const 0)) (i32.load offset=4 (i32.const 0))
      (call_indirect $tab (type $t)) (table.copy $tab $tab) (select (result i64)) (return_call $f) (ref.func $f))
    (elem declare func $f) (data $d "tag"))`;
  assert.equal(tell(source), undefined);
});
