/** V8 as the judge of our decoder and validator, and small modules of both kinds to mutate. */
import assert from "node:assert/strict";
import asc from "assemblyscript/asc";
import { acceptedByV8, check } from "./module.harness.ts";

/** V8 accepts what the threads proposal forbids. */
const ONLY_WE_REFUSE = /alignment must be equal to natural/;

/** Whether V8 accepts it, which must be what we do; but what we do not support, V8 may accept. */
export function assertAgreement(bytes: Uint8Array, what: string): boolean {
  const result = check(bytes);
  const accepted = acceptedByV8(bytes);
  if (!("error" in result)) {
    assert.ok(accepted, `${what}: only V8 refuses ${Buffer.from(bytes).toString("hex")}`);
  } else if (result.error.kind !== "unsupported" && !ONLY_WE_REFUSE.test(result.error.message)) {
    assert.ok(!accepted, `${what}: only we refuse, ${result.error} ${Buffer.from(bytes).toString("hex")}`);
  }
  return accepted;
}

const ASSEMBLY = `
  class Node { constructor(public value: f64, public next: Node | null) {} }
  const table: ((a: i32) => i32)[] = [(a: i32): i32 => a + 1, (a: i32): i32 => a << 3];
  let counter: i64 = 1;
  export function call(index: i32, argument: i32): i32 { return table[index](argument); }
  export function sum(count: i32): f64 {
    let head: Node | null = null;
    for (let index = 0; index < count; index++) head = new Node(<f64>index / 3.0, head);
    let sum: f64 = 0;
    while (head != null) { sum += head.value; head = head.next; }
    counter++;
    return sum + <f64>counter;
  }
  export function text(value: i32): string { return "value " + value.toString(16); }
  export function choose(value: u32): i32 {
    switch (value) { case 0: return 5; case 1: return 7; case 2: return 9; default: return -1; }
  }
`;

/** Something of everything that we support. */
export const TEXT = `(module
  (type $pair (func (param i32 i64) (result i64 i32)))
  (import "host" "log" (func $log (param i32)))
  (import "host" "base" (global $base i32))
  (memory (export "memory") 1 4)
  (table $functions 4 8 funcref)
  (table $objects 2 externref)
  (global $count (mut i64) (i64.const -5))
  (global $reference funcref (ref.func $swap))
  (elem (table $functions) (i32.add (global.get $base) (i32.const 1)) func $swap $log)
  (elem $passive funcref (ref.null func) (ref.func $swap))
  (elem declare func $main)
  (data (i32.const 8) "hello")
  (data $later "world")
  (func $swap (type $pair) (local.get 1) (local.get 0))
  (func $main (export "main") (param $x i32) (result i32) (local $v v128) (local $r externref)
    (block $out (result i32)
      (loop $again (param) (result i32)
        (br_if $out (i32.const 1) (i32.eqz (local.get $x)))
        (drop)
        (local.set $x (i32.sub (local.get $x) (i32.const 1)))
        (call $log (i32.load8_u offset=8 (local.get $x)))
        (block $a (block $b (br_table $a $b $again (local.get $x))))
        (call_indirect $functions (type $pair) (i32.const 3) (i64.const 4) (i32.const 1))
        (drop) (drop)
        (if (result f32) (local.get $x) (then (f32.const 1.5)) (else (unreachable)))
        (drop)
        (local.set $v (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 31 (local.get $v) (local.get $v)))
        (v128.store64_lane 1 (i32.const 16) (local.get $v))
        (memory.init $later (i32.const 0) (i32.const 0) (i32.const 5))
        (data.drop $later)
        (table.init $functions $passive (i32.const 0) (i32.const 0) (i32.const 2))
        (local.set $r (table.get $objects (i32.const 0)))
        (drop (table.grow $objects (local.get $r) (i32.const 1)))
        (drop (select (result externref) (local.get $r) (ref.null extern) (i32.const 1)))
        (global.set $count (i64.extend8_s (global.get $count)))
        (drop (i32.atomic.rmw16.cmpxchg_u (i32.const 2) (i32.const 0) (i32.const 1)))
        (i32.trunc_sat_f64_u (f64.const 1e300))))
    (drop (ref.is_null (ref.func $main)))
    (return_call $main))
)`;

/** What a compiler makes: classes, strings, a table of functions. */
export async function assembled(): Promise<Uint8Array> {
  const { binary, stderr } = await asc.compileString(ASSEMBLY, { optimizeLevel: 2, runtime: "stub" });
  assert.ok(binary, stderr.toString());
  return binary;
}
