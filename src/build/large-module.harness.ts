/** A module of many functions that are all a little different: large enough to be cut into chunks. */
import { wat } from "../compiler/wasm/module.harness.ts";

const FUNCTIONS = 72;
const STATEMENTS = 36;

/** `salt` makes it another module. */
export function largeModule(salt: number): Uint8Array {
  const functions = Array.from({ length: FUNCTIONS }, (_, index) => functionText(index, salt));
  return wat(`(module
    (import "env" "f" (func $imported (param i32) (result i32)))
    (memory 1 2)
    (table $fixed funcref (elem $f0 $f1 $f2))
    (global $g (mut i64) (i64.const ${salt}))
    (data (i32.const 8) "a segment")
    (elem $passive funcref (ref.func $f3) (ref.null func))
    ${functions.join("\n")}
    (export "first" (func $f0)))`);
}

function functionText(index: number, salt: number): string {
  const statements = Array.from({ length: STATEMENTS }, (_, each) => {
    const number = (index * 7919 + each * 104729 + salt) % 65521;
    return STATEMENT_FORMS[(index + each) % STATEMENT_FORMS.length]!(number, index);
  });
  return `(func $f${index} (param $a i32) (param $b f64) (result i32)
    (local $i i32)
    (loop $again
      ${statements.join("\n")}
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $a))))
    (i32.add (local.get $a) (call $imported (local.get $i))))`;
}

const STATEMENT_FORMS: readonly ((number: number, index: number) => string)[] = [
  (number) => `(i32.store offset=${number} (local.get $i) (i32.mul (local.get $a) (i32.const ${number})))`,
  (number) => `(local.set $b (f64.mul (local.get $b) (f64.const ${number}.25)))`,
  (number) => `(if (i32.eq (local.get $a) (i32.const ${number})) (then (local.set $a (local.get $i))))`,
  (number) => `(global.set $g (i64.add (global.get $g) (i64.const ${number})))`,
  (_, index) => `(local.set $a (call $f${(index + 1) % FUNCTIONS} (local.get $i) (local.get $b)))`,
  (number) =>
    `(block $a (block $b (block $c (br_table $a $b $c (i32.rem_u (local.get $i) (i32.const 3))))
      (local.set $a (i32.const ${number}))) (local.set $b (f64.const ${number})))`,
  () =>
    `(local.set $a (call_indirect (param i32 f64) (result i32) (local.get $a) (local.get $b)
      (i32.and (local.get $i) (i32.const 3))))`,
];
