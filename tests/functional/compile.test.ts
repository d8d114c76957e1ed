/** Modules compiled ahead of time, as their user meets them: results, traps with places, listings, executables. */
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import wabt from "wabt";
import { skerry } from "./skerry.ts";

const TEXT = `(module
  (memory 1)
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $outer (export "divide") (param i32 i32) (result i32)
    (i32.add (i32.const 1) (call $inner (local.get 0) (local.get 1))))
  (func $inner (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "_start") (drop (i32.load (i32.const 0))))
  (global (export "answer") i32 (i32.const 42)))`;

/** Found by the pattern that the compiled offset is matched with: a wrong map must not pass. */
const SOURCE = `export function check(index: i32): i32 {
  const table: StaticArray<i32> = [1, 2, 3];
  return unchecked(table[index]) / (index - 1);
}
`;

let folder = "";
const at = (name: string): string => path.join(folder, name);

before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "skerry-compile-"));
  const { parseWat } = await wabt();
  const binary = (text: string, check = true) => {
    const module = parseWat("test.wat", text);
    return module.toBinary({ write_debug_names: true, ...(check ? {} : { check: false }) }).buffer;
  };
  writeFileSync(at("math.wasm"), binary(TEXT));
  writeFileSync(at("imports.wasm"), binary('(module (import "env" "f" (func)) (func (export "g")))'));
  writeFileSync(at("odd.wasm"), binary('(module (import "a\\n" "\\1b[31m" (func)) (func (export "g")))'));
  writeFileSync(at("invalid.wasm"), binary('(module (func (export "g") (result i32) (i64.const 1)))', false));
  writeFileSync(at("text.wasm"), "no module\n");
});

after(() => rmSync(folder, { recursive: true }));

test("an export is called, and each result stands on a line", async () => {
  const calls: readonly (readonly [words: string[], output: string])[] = [
    [["--target", "process", "--invoke", "fib", "20"], "i32:6765\n"],
    [["--invoke", "divide", "-7", "2"], "i32:-2\n"],
    [["--invoke=swap", "-5", "-1e-3"], "f64:-0.001\ni64:-5\n"],
    [["--json", "--invoke", "fib", "10"], '{"event":"returned","values":["i32:55"]}\n'],
  ];
  for (const [words, output] of calls) {
    const ended = await skerry("run", at("math.wasm"), ...words);
    assert.deepEqual(ended, { status: 0, output, errors: "" });
  }
});

test("a trap is told with the functions that were running, and is a status of its own", async () => {
  const { status, output, errors } = await skerry("run", at("math.wasm"), "--invoke", "divide", "1", "0");
  assert.equal(status, 134);
  assert.equal(output, "");
  assert.match(
    errors,
    /^trap: integer divide by zero\n {2}at inner \(wasm function 2, byte 0x[0-9a-f]+\)\n {2}at outer \(wasm function 1, byte 0x[0-9a-f]+\)\n$/,
  );
  const outside = await skerry("run", at("math.wasm"), "--invoke", "peek", "65533");
  assert.match(outside.errors, /^trap: out of bounds memory access\n {2}at peek /);
});

test("a trap in AssemblyScript names the line of its source", async () => {
  const { compileAssembly } = await import("../../src/image/assembly.ts");
  writeFileSync(at("check.ts"), SOURCE);
  const options = { asserts: false, names: true, sourceMap: true };
  const { wasm, sourceMap } = await compileAssembly(folder, "check.ts", options);
  assert.ok(sourceMap !== undefined);
  writeFileSync(at("check.wasm"), withMapUrl(wasm, "./check.wasm.map"));
  writeFileSync(at("check.wasm.map"), sourceMap);
  const { errors } = await skerry("run", at("check.wasm"), "--invoke", "check", "1");
  assert.match(errors, /at check\/check \(wasm function \d+, byte 0x[0-9a-f]+\), \S*check\.ts:3:/);
});

test("each mistake gets one clear message and status 2", async () => {
  const mistakes: readonly (readonly [words: string[], ...patterns: RegExp[]])[] = [
    [["run", at("missing.wasm"), "--invoke", "f"], /there is no file .*missing\.wasm/],
    [["run", at("text.wasm"), "--invoke", "f"], /text\.wasm is not a valid WebAssembly module/],
    [["run", at("invalid.wasm"), "--invoke", "g"], /an invalid WebAssembly module: at 0x[0-9a-f]+: /],
    [["run", at("imports.wasm"), "--invoke", "g"], /imports what nothing provides: env\.f/],
    [["run", at("odd.wasm"), "--invoke", "g"], /nothing provides: a\\u\{a\}\.\\u\{1b\}\[31m\n/],
    [["run", at("math.wasm"), "--invoke"], /--invoke needs the NAME/],
    [["run", at("math.wasm"), "--invoke", "sub"], /exports no "sub"/, /fib \(i32\) -> \(i32\), divide/],
    [["run", at("math.wasm"), "--invoke", "answer"], /"answer" is a global, not a function/],
    [["run", at("math.wasm"), "--invoke", "fib"], /takes 1 argument, found 0/, /\(i32\) -> \(i32\)/],
    [["run", at("math.wasm"), "--invoke", "fib", "1.5"], /argument 1 of "fib": "1\.5" is no i32/],
    [["run", at("math.wasm"), "--invoke", "fib", "0x100000000"], /does not fit into 32 bits/],
    [["run", at("math.wasm"), "--target", "moon", "--invoke", "fib", "1"], /target "moon"/, /process/],
    [["run", at("math.wasm"), "--target", "process"], /needs --invoke NAME/],
    [["compile"], /skerry compile needs a MODULE/],
    [["compile", at("math.wasm"), "--fast"], /--fast/],
    [["compile", at("math.wasm"), "-o", ""], /-o needs the name of a FILE/],
    [["compile", at("math.wasm"), "-o", at("no/such")], /no\/such cannot be written/],
    [["compile", at("math.wasm"), "--invoke", "fib", "1"], /needs -o FILE/],
  ];
  for (const [words, ...patterns] of mistakes) {
    const { status, errors } = await skerry(...words);
    for (const pattern of patterns) assert.match(errors, pattern, words.join(" "));
    assert.doesNotMatch(errors, /bug in Skerry|\n\s+at /, words.join(" "));
    assert.equal(status, 2, words.join(" "));
  }
});

test("compile shows sizes, and a listing of the code beside the module's bytes", async () => {
  const sizes = await skerry("compile", at("math.wasm"));
  assert.equal(sizes.status, 0);
  assert.match(
    sizes.output,
    /math\.wasm: 6 functions, \d+ bytes of Wasm, compiled in [\d.]+ ms\n {2}code \d+ /,
  );
  const listed = await skerry("compile", at("math.wasm"), "--listing");
  assert.match(listed.output, /\ninner: function 2 \(i32, i32\) -> \(i32\), \d+ bytes/);
  assert.match(listed.output, /\n; byte 0x[0-9a-f]+\n[^;]*idiv /);
  assert.match(listed.output, /ud2 +; traps: integer divide by zero/);
  const json = await skerry("compile", at("math.wasm"), "--json");
  assert.equal((JSON.parse(json.output) as { functions: number }).functions, 6);
});

test("compile -o writes an executable that stands alone", async () => {
  for (const [words, status] of [
    [[], 0],
    [["--invoke", "fib", "5"], 0],
    [["--invoke", "divide", "1", "0"], 134],
  ] as const) {
    const written = await skerry("compile", at("math.wasm"), "-o", at("image"), ...words);
    assert.equal(written.status, 0, written.errors);
    assert.equal(spawnSync(at("image")).status, status, words.join(" "));
  }
});

/** The module with a `sourceMappingURL` section at its end. */
function withMapUrl(module: Uint8Array, url: string): Uint8Array {
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  const section = [...text("sourceMappingURL"), ...text(url)];
  return Uint8Array.of(...module, 0, section.length, ...section);
}
