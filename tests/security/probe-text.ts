/** Pieces of text that the small modules of these tests are made of. */

/** What a kernel may import, by name: only what is used is to be written down. */
const KERNEL_IMPORTS = {
  write: ["platform", "consoleWrite", "(param i32 i32 i32)"],
  exit: ["platform", "exit", "(param i32)"],
  idle: ["platform", "idle", "(param i64)"],
  panic: ["platform", "panic", "(param i32 i32)"],
  seed: ["platform", "entropySeed", "(param i32 i32) (result i32)"],
  configuration: ["platform", "configuration", "(param i32 i32) (result i32)"],
  monotonic: ["platform", "clockMonotonic", "(result i64)"],
  realtime: ["platform", "clockRealtime", "(result i64)"],
  enter: ["compartment", "enter", "(param i32 i32 i32 i32) (result i32)"],
  restart: ["compartment", "restart", "(param i32)"],
  copyIn: ["compartment", "copyIn", "(param i32 i32 i32)"],
  copyOut: ["compartment", "copyOut", "(param i32 i32 i32)"],
  count: ["device", "count", "(result i32)"],
  readRegister: ["device", "readRegister", "(param i32 i32) (result i32)"],
  readConfiguration: ["device", "readConfiguration", "(param i32 i32) (result i32)"],
  writeRegister: ["device", "writeRegister", "(param i32 i32 i32)"],
  pin: ["device", "pin", "(param i32 i32) (result i32)"],
  openQueue: ["device", "openQueue", "(param i32 i32 i32 i32 i32) (result i32)"],
  describe: ["device", "describe", "(param i32 i32 i32 i32 i32 i32)"],
  notify: ["device", "notify", "(param i32)"],
  watch: ["device", "watch", "(param i32 i32 i32) (result i32)"],
} as const;

export type KernelImport = keyof typeof KERNEL_IMPORTS;

/** An import `$name` for each. */
export function kernelImports(...names: readonly KernelImport[]): string {
  return names
    .map((name) => {
      const [module, field, type] = KERNEL_IMPORTS[name];
      return `(import "${module}" "${field}" (func $${name} ${type}))`;
    })
    .join("\n");
}

/** A kernel's `run` that ends the machine, whose status `start` may have said before. */
export const ENDS = `(func (export "run") (loop $again (call $exit (i32.const 0)) (call $idle (i64.const 0)) (br $again)))`;

/** The app's entry `alarm`, which does the case whose number it is given. */
export function casesEntry(cases: readonly string[]): string {
  const functions = cases.map((body, at) => `(func $case${at} ${body})`);
  const calls = cases.map(
    (_, at) => `(if (i32.eq (local.get $case) (i32.const ${at})) (then (call $case${at}) (return)))`,
  );
  return `${functions.join("\n")} (func (export "alarm") (param $case i32) ${calls.join("\n")} unreachable)`;
}

/** What `TRIES` needs of a kernel. */
export const TRIES_IMPORTS = ["write", "exit", "idle", "enter", "restart"] as const;

/**
 * A kernel's functions: `$try` enters the app's `alarm` with a case and prints the `EnterStatus` as a digit, then the
 * app is started again; `$enterCase` does not do that. The byte at 0 is theirs.
 */
export const TRIES = `
  (func $print (param i32)
    (i32.store8 (i32.const 0) (local.get 0))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1)))
  (func $enterCase (param $case i32)
    (call $print (i32.add (i32.const 48)
      (call $enter (i32.const 0) (i32.const 1) (local.get $case) (i32.const 0)))))
  (func $try (param $case i32)
    (call $enterCase (local.get $case))
    (call $restart (i32.const 0)))
  (func $tryAll (param $count i32)
    (local $case i32)
    (loop $next
      (call $try (local.get $case))
      (local.set $case (i32.add (local.get $case) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $case) (local.get $count)))))`;

/** A function `$name(start, end)`: the count of 64-bit words between two places that hold `value`. */
export const countWords = (name: string, value: bigint): string => `
  (func $${name} (param $at i32) (param $end i32) (result i32)
    (local $count i32)
    (loop $next
      (local.set $count (i32.add (local.get $count)
        (i64.eq (i64.load (local.get $at)) (i64.const ${value}))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $count))`;

/** A function `$name(start, end)` that writes `value` into all 64-bit words between two places. */
export const fillWords = (name: string, value: bigint): string => `
  (func $${name} (param $at i32) (param $end i32)
    (loop $next
      (i64.store (local.get $at) (i64.const ${value}))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))`;
