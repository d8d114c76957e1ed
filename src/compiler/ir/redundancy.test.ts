import test from "node:test";
import assert from "node:assert/strict";
import { graphOf, sourcesOf } from "../stages.harness.ts";
import { wat } from "../wasm/module.harness.ts";
import { nameOfOp } from "./listing.ts";

const HEADER = `(module (memory 1) (table 2 funcref)
  (global $g (mut i32) (i32.const 1)) (global $h (mut i32) (i32.const 2))
  (func $callee (global.set $g (i32.const 3)))`;

/** How often each operation is left in the function. */
function counts(body: string): Map<string, number> {
  const graph = graphOf(
    sourcesOf(wat(`${HEADER} (func (param $p i32) (param $q i32) (result i32) ${body}))`))[1]!,
  );
  const found = new Map<string, number>();
  for (const { values } of graph.blocks) {
    for (const { op } of values) found.set(nameOfOp(op), (found.get(nameOfOp(op)) ?? 0) + 1);
  }
  return found;
}

/** A body, an operation, how often it must be there. */
type Case = readonly [name: string, body: string, operation: string, count: number];

/** Two loads of the same place, with something in between. */
const between = (what: string, load = "i32.load") => `(local $v i32)
  (local.set $v (${load} (local.get $p)))
  ${what}
  (i32.mul (local.get $v) (${load} (local.get $p)))`;

const CASES: readonly Case[] = [
  ["two equal loads are one", between(""), "i32.load", 1],
  [
    "loads of different widths are two",
    between("", "i32.load8_u").replace("i32.load8_u", "i32.load"),
    "i32.load8_u",
    1,
  ],
  ["signed and unsigned loads are two", between("", "i32.load8_s").replace("8_s", "8_u"), "i32.load8_s", 1],
  [
    "a store behind what was read leaves it known",
    between("(i32.store offset=4 (local.get $p) (local.get $q))"),
    "i32.load",
    1,
  ],
  [
    "a store before it too",
    between("(i32.store8 (i32.sub (local.get $p) (i32.const 1)) (local.get $q))"),
    "i32.load",
    1,
  ],
  [
    "a store into its last byte does not",
    between("(i32.store8 offset=3 (local.get $p) (local.get $q))"),
    "i32.load",
    2,
  ],
  [
    "nor one that reaches into it",
    between("(i64.store (i32.sub (local.get $p) (i32.const 4)) (i64.const 0))"),
    "i32.load",
    2,
  ],
  ["nor one by another pointer", between("(i32.store (local.get $q) (local.get $q))"), "i32.load", 2],
  [
    "nor one that is far enough for an index to wrap",
    between("(i32.store offset=0x7fffffff (i32.add (local.get $p) (i32.const 0x7fffffff)) (local.get $q))"),
    "i32.load",
    2,
  ],
  ["nor a call", between("(call $callee)"), "i32.load", 2],
  ["nor memory.copy", between("(memory.copy (i32.const 0) (local.get $q) (i32.const 4))"), "i32.load", 2],
  ["nor memory.fill", between("(memory.fill (i32.const 0) (local.get $q) (i32.const 4))"), "i32.load", 2],
  ["nor an atomic access", between("(drop (i32.atomic.load (local.get $q)))"), "i32.load", 2],
  ["nor a fence", between("(atomic.fence)"), "i32.load", 2],
  ["nor memory.grow", between("(drop (memory.grow (i32.const 0)))"), "i32.load", 2],
  ["a write of a global leaves memory known", between("(global.set $g (local.get $q))"), "i32.load", 1],
  [
    "a load gives what was stored there",
    "(i32.store offset=8 (local.get $p) (local.get $q)) (i32.load offset=8 (local.get $p))",
    "i32.load",
    0,
  ],
  [
    "but not what was stored narrower",
    "(i32.store8 (local.get $p) (local.get $q)) (i32.load8_u (local.get $p))",
    "i32.load8_u",
    1,
  ],
  [
    "nor what was stored wider",
    "(i64.store (local.get $p) (i64.const 5)) (i32.load (local.get $p))",
    "i32.load",
    1,
  ],
  [
    "nor what a later store covers in part",
    `(i32.store (local.get $p) (local.get $q)) (i32.store8 offset=1 (local.get $p) (i32.const 1))
     (i32.load (local.get $p))`,
    "i32.load",
    1,
  ],
  ["two equal reads of a global are one", "(i32.mul (global.get $g) (global.get $g))", "global.get", 1],
  [
    "a write of another leaves it known",
    "(global.get $g) (global.set $h (local.get $p)) (i32.mul (global.get $g))",
    "global.get",
    1,
  ],
  ["a call does not", "(global.get $g) (call $callee) (i32.mul (global.get $g))", "global.get", 2],
  ["what was written is what is read", "(global.set $g (local.get $p)) (global.get $g)", "global.get", 0],
  [
    "two equal divisions are one",
    "(i32.xor (i32.div_u (local.get $p) (local.get $q)) (i32.mul (i32.const 3) (i32.div_u (local.get $p) (local.get $q))))",
    "i32.div_u",
    1,
  ],
  [
    "a value on one way is not known on the other",
    `(if (result i32) (local.get $p) (then (i32.load (local.get $q))) (else (i32.const 1)))
     (i32.mul (i32.load (local.get $q)))`,
    "i32.load",
    2,
  ],
  [
    "what both ways follow is known on both",
    `(i32.load (local.get $q))
     (if (result i32) (local.get $p) (then (i32.load (local.get $q))) (else (i32.const 1)))
     (i32.mul)`,
    "i32.load",
    1,
  ],
  [
    "memory.size is read again after it may have grown",
    "(memory.size) (drop (memory.grow (local.get $p))) (i32.mul (memory.size))",
    "memory.size",
    2,
  ],
];

for (const [name, body, operation, count] of CASES) {
  test(name, () => assert.equal(counts(body).get(operation) ?? 0, count));
}

/** A load before a loop, and the same in it, with something else there. */
const loop = (what: string, after = "") => `(local $sum i32)
  (local.set $sum (i32.load (local.get $q)))
  (loop $next
    (local.set $sum (i32.mul (local.get $sum) (i32.load (local.get $q))))
    ${what}
    (drop (call_indirect (result i32) (i32.const 0))) ${after}
    (br_if $next (local.tee $p (i32.sub (local.get $p) (i32.const 1)))))
  (local.get $sum)`;
const withoutCall = (what: string) => loop(what).replace(/\(drop \(call_indirect.*\)\)\)/, "");

test("a loop that writes nothing knows what was loaded before it", () => {
  assert.equal(counts(withoutCall("")).get("i32.load"), 1);
});

test("one that writes elsewhere does, one that may write there does not", () => {
  assert.equal(
    counts(withoutCall("(i32.store offset=4 (local.get $q) (local.get $sum))")).get("i32.load"),
    1,
  );
  assert.ok(counts(withoutCall("(i32.store (local.get $p) (local.get $sum))")).get("i32.load")! > 1);
  assert.ok(counts(loop("")).get("i32.load")! > 1);
});
