/** Scripts whose outcome is known, with commands among them that must fail, on every engine. */
import test from "node:test";
import assert from "node:assert/strict";
import { Assembler } from "./assembler.ts";
import type { Executor } from "./executor.ts";
import type { Report } from "./report.ts";
import { runScript } from "./run-script.ts";
import { parseScript } from "./script.ts";
import { NativeExecutor } from "./native/executor.ts";
import { V8Executor } from "./v8/executor.ts";

const assembler = await Assembler.load();

const ENGINES: Readonly<Record<string, () => Executor>> = {
  v8: () => new V8Executor() as Executor,
  native: () => new NativeExecutor() as Executor,
};

function on(title: string, body: (run: (source: string) => Promise<Report>) => Promise<void>): void {
  for (const [name, create] of Object.entries(ENGINES)) {
    test(`${title} (${name})`, () => body((source) => runScript(parseScript(source), create(), assembler)));
  }
}

const failuresOf = (report: Report): string[] =>
  report.failures.map(({ line, message }) => `${line}: ${message}`);

on("results are compared bit by bit", async (run) => {
  const report = await run(`
    (module
      (func (export "f") (param f32 v128 externref) (result f32 v128 externref)
        (local.get 0) (local.get 1) (local.get 2))
      (global (export "g") (mut f64) (f64.const -nan:0x1)))
    (assert_return
      (invoke "f" (f32.const nan:0x200000) (v128.const i64x2 1 -1) (ref.extern 0))
      (f32.const nan:0x200000) (v128.const i64x2 1 -1) (ref.extern 0))
    (assert_return (get "g") (f64.const -nan:0x1))
    (assert_return (get "g") (f64.const nan:0x1))
    (invoke "f" (f32.const 0) (v128.const i64x2 0 0) (ref.null extern))`);
  assert.equal(report.passed, 2);
  assert.deepEqual(failuresOf(report), [
    "10: g gave (f64:0xfff0000000000001), expected (f64:0x7ff0000000000001)",
  ]);
});

on("traps are told by their kind", async (run) => {
  const report = await run(`
    (module
      (func (export "div") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
      (func $deep (export "deep") (call $deep)))
    (assert_trap (invoke "div" (i32.const 0)) "integer divide by zero")
    (assert_exhaustion (invoke "deep") "call stack exhausted")
    (assert_trap (invoke "div" (i32.const 0)) "unreachable")
    (assert_trap (invoke "div" (i32.const 1)) "integer divide by zero")`);
  assert.equal(report.passed, 2);
  assert.deepEqual(failuresOf(report), [
    // V8's words, or ours
    `7: expected the trap "unreachable", but div trapped: ${report.failures[0]!.message.split(": ").at(-1)}`,
    '8: expected the trap "integer divide by zero", but div returned (i32:0x1)',
  ]);
});

on("instances share what they import, and keep what a trapping one has written", async (run) => {
  const report = await run(`
    (module $a (memory (export "m") 1) (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0))))
    (register "a" $a)
    (assert_trap
      (module (import "a" "m" (memory 1)) (data (i32.const 0) "x") (data (i32.const 0x10000) "y"))
      "out of bounds memory access")
    (assert_return (invoke $a "at" (i32.const 0)) (i32.const 120))
    (assert_unlinkable (module (import "a" "n" (memory 1))) "unknown import")
    (assert_unlinkable (module (import "b" "m" (memory 1))) "unknown import")
    (assert_unlinkable (module (import "a" "m" (memory 2))) "incompatible import type")
    (assert_unlinkable (module (import "a" "m" (memory 1))) "incompatible import type")
    (module (import "spectest" "print_i32" (func (param i32))) (import "spectest" "memory" (memory 1 2)))
    (module (import "spectest" "shared_memory" (memory 1 2 shared)))
    (assert_return (invoke "at" (i32.const 0)) (i32.const 120))`);
  assert.equal(report.passed, 5);
  assert.deepEqual(failuresOf(report), [
    "11: expected to be unlinkable, but instantiation returned ()",
    "14: at: there is no such function",
  ]);
});

on("segments take references from globals, when they are used", async (run) => {
  const report = await run(`
    (module $a (func $f (result i32) (i32.const 7)) (elem declare func $f) (global (export "g") funcref (ref.func $f)))
    (register "a" $a)
    (module
      (type $t (func (result i32)))
      (global $g (import "a" "g") funcref)
      (table $t 6 funcref)
      (elem (i32.const 5) funcref (global.get $g))
      (elem $e funcref (ref.null func) (global.get $g) (ref.null func) (global.get $g))
      (func (export "init") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
      (func (export "drop") (elem.drop $e))
      (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))
    (assert_return (invoke "call" (i32.const 5)) (i32.const 7))
    (assert_return (invoke "init" (i32.const 0) (i32.const 1) (i32.const 2)))
    (assert_return (invoke "call" (i32.const 0)) (i32.const 7))
    (assert_trap (invoke "call" (i32.const 1)) "uninitialized element")
    (assert_trap (invoke "call" (i32.const 2)) "uninitialized element")
    (assert_trap (invoke "init" (i32.const 3) (i32.const 2) (i32.const 3)) "out of bounds table access")
    (assert_return (invoke "init" (i32.const 2) (i32.const 2) (i32.const 2)))
    (assert_return (invoke "call" (i32.const 3)) (i32.const 7))
    (assert_return (invoke "drop"))
    (assert_trap (invoke "init" (i32.const 0) (i32.const 1) (i32.const 1)) "out of bounds table access")`);
  assert.deepEqual(failuresOf(report), []);
  assert.equal(report.passed, 10);
});

on("a memory and a table are as large as they have grown", async (run) => {
  const report = await run(`
    (module $a
      (memory (export "m") 1) (table (export "t") 1 externref)
      (func (export "grow") (result i32 i32)
        (memory.grow (i32.const 1)) (table.grow (ref.null extern) (i32.const 2))))
    (register "a" $a)
    (assert_unlinkable (module (import "a" "m" (memory 2))) "incompatible import type")
    (assert_unlinkable (module (import "a" "t" (table 3 externref))) "incompatible import type")
    (assert_return (invoke "grow") (i32.const 1) (i32.const 1))
    (module $b (import "a" "m" (memory 2)) (import "a" "t" (table 3 externref))
      (func (export "size") (result i32) (table.size 0)))
    (assert_return (invoke $b "size") (i32.const 3))
    (assert_unlinkable (module (import "a" "m" (memory 3))) "incompatible import type")
    (assert_unlinkable (module (import "a" "t" (table 4 externref))) "incompatible import type")`);
  assert.deepEqual([report.passed, failuresOf(report)], [6, []]);
});

on("definitions make an instance each time", async (run) => {
  const report = await run(`
    (module definition $m
      (global $g (mut i32) (i32.const 0))
      (func (export "next") (result i32)
        (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
    (module instance $x $m)
    (module instance $y $m)
    (assert_return (invoke $x "next") (i32.const 1))
    (assert_return (invoke $x "next") (i32.const 2))
    (assert_return (invoke $y "next") (i32.const 1))`);
  assert.deepEqual([report.passed, failuresOf(report)], [3, []]);
});

on("modules are refused, or it is a failure", async (run) => {
  const report = await run(String.raw`
    (assert_invalid (module (func (result i32))) "type mismatch")
    (assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")
    (assert_malformed (module quote "(func") "unexpected end")
    (assert_invalid (module (func)) "type mismatch")`);
  assert.deepEqual([report.passed, report.text], [2, 1]);
  assert.deepEqual(failuresOf(report), ["5: accepted, but is invalid: type mismatch"]);
});

on("what needs an unsupported proposal is neither, with all that depends on it", async (run) => {
  const report = await run(`
    (module $a (memory (export "m") 1) (func (export "at") (result i32) (i32.load8_u (i32.const 0))))
    (register "a" $a)
    (module $b (import "a" "m" (memory 1)) (type (struct)) (func (export "f")) (data (i32.const 0) "x"))
    (assert_return (invoke "f"))
    (register "b" $b)
    (module (import "b" "f" (func)))
    (assert_return (invoke $a "at") (i32.const 120))
    (assert_return (invoke $a "at") (i32.const 0))`);
  assert.equal(report.passed, 1);
  assert.deepEqual(failuresOf(report), []);
  assert.deepEqual(report.unsupported, { gc: 4 });
});

on("a module that fails fails what depends on it", async (run) => {
  const report = await run(`
    (module (func (result i32)) (func (export "f")))
    (assert_return (invoke "f"))
    (assert_return (invoke $nobody "f"))
    (assert_strange)`);
  assert.equal(report.passed, 0);
  const failures = failuresOf(report);
  assert.match(failures.shift()!, /^2: module refused/);
  assert.deepEqual(failures, [
    "3: the module of line 2 failed",
    "4: there is no such instance",
    '5: unknown command "assert_strange"',
  ]);
});
