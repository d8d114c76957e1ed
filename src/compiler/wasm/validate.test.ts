import test from "node:test";
import { assertAccepted, assertRefused, moduleOf, section, vector, wat } from "./module.harness.ts";

/** Rules about modules: text that is invalid, and what is said of it. Bodies have body.test.ts. */
const INVALID: readonly (readonly [text: string, message: string])[] = [
  [`(import "a" "b" (func (type 0)))`, "unknown type 0"],
  [`(table 5 2 funcref)`, "size minimum must not be greater than maximum"],
  [`(import "a" "b" (table 1 0 externref))`, "size minimum must not be greater than maximum"],
  [`(memory 2 1)`, "size minimum must not be greater than maximum"],
  [`(memory 65537)`, "memory size must be at most 65536 pages (4GiB)"],
  [`(memory 0 65537)`, "memory size must be at most 65536 pages (4GiB)"],
  [`(import "a" "b" (memory 0 65537))`, "memory size must be at most 65536 pages (4GiB)"],
  [`(global i32 (f32.const 0))`, "type mismatch: constant expression of type f32, not i32"],
  [`(global i32)`, "type mismatch"],
  [`(global i32 (i32.const 0) (i32.const 0))`, "type mismatch"],
  [`(global i32 (i32.ctz (i32.const 0)))`, "constant expression required, found i32.ctz"],
  [`(global i32 (global.get 0))`, "unknown global 0"],
  [`(import "a" "b" (global (mut i32))) (global i32 (global.get 0))`, "constant expression required"],
  [`(global funcref (ref.func 0))`, "unknown function 0"],
  [`(global externref (ref.null func))`, "type mismatch"],
  [`(func) (export "a" (func 1))`, "unknown function 1"],
  [`(export "a" (table 0))`, "unknown table 0"],
  [`(export "a" (memory 0))`, "unknown memory 0"],
  [`(export "a" (global 0))`, "unknown global 0"],
  [`(func (export "a")) (memory (export "a") 1)`, "duplicate export name"],
  [`(start 0)`, "unknown function 0"],
  [`(func (param i32)) (start 0)`, "start function"],
  [`(func (result i32) (i32.const 0)) (start 0)`, "start function"],
  [`(elem (i32.const 0) func)`, "unknown table 0"],
  [`(table 1 funcref) (elem (i32.const 0) func 0)`, "unknown function 0"],
  [`(table 1 funcref) (elem (i64.const 0) func)`, "type mismatch"],
  [`(table 1 externref) (func) (elem (i32.const 0) func 0)`, "type mismatch"],
  [`(table 1 funcref) (elem (i32.const 0) funcref (ref.null extern))`, "type mismatch"],
  [`(data (i32.const 0) "")`, "unknown memory 0"],
  [`(memory 1) (data (f32.const 0) "")`, "type mismatch"],
  [`(memory 1) (data (i32.add (i32.const 1) (i64.const 1)) "")`, "type mismatch"],
  [`(memory 1) (data (nop) "")`, "constant expression required"],
];

for (const [text, message] of INVALID) {
  test(`invalid: ${text}: ${message}`, () =>
    assertRefused(wat(`(module ${text})`), { kind: "invalid", message }));
}

const VALID: readonly string[] = [
  `(memory 65536 65536)`,
  `(memory 1 2 shared)`,
  `(table 1 2 funcref) (table 0 externref)`,
  `(global i64 (i64.mul (i64.sub (i64.const 5) (i64.const 2)) (i64.const 3)))`,
  `(import "a" "b" (global i32)) (memory 1) (data (i32.add (global.get 0) (i32.const 8)) "x")`,
  `(func) (global funcref (ref.func 0))`,
  `(func) (func) (start 1) (export "a" (func 0)) (export "b" (func 0))`,
  `(table 1 externref) (elem (i32.const 0) externref (ref.null extern))`,
  `(import "a" "b" (global externref)) (table 1 externref) (elem (i32.const 0) externref (global.get 0))`,
];

for (const text of VALID) test(`valid: ${text}`, () => void assertAccepted(wat(`(module ${text})`)));

test("errors stand at their entry", () => {
  const types = section(1, vector([[0x60, 0, 0]]));
  const two = moduleOf(types, section(3, vector([[0], [5]])));
  assertRefused(moduleOf(types, section(2, [1, 0, 0, 0, 7])), {
    kind: "invalid",
    message: "unknown type 7",
    offset: 17,
  });
  assertRefused(Uint8Array.from([...two, ...section(10, [2, 2, 0, 0x0b, 2, 0, 0x0b])]), {
    kind: "invalid",
    message: "unknown type 5",
    offset: 18,
  });
  assertRefused(moduleOf(section(2, [1, 0, 0, 2, 0, 1]), section(5, [1, 0, 1])), {
    kind: "unsupported",
    message: "multiple memories",
    offset: 19,
    proposal: "multi-memory",
  });
});

test("shared memories have a maximum", () => {
  const message = "shared memory must have maximum";
  assertRefused(moduleOf(section(5, [1, 2, 1])), { kind: "invalid", message });
});

test("initial values that name globals of the module are a matter of garbage collection", () => {
  assertRefused(wat(`(module (global i32 (i32.const 1)) (global i32 (global.get 0)))`), {
    kind: "unsupported",
    message: "unknown global 0",
    proposal: "gc",
  });
});
