import test from "node:test";
import assert from "node:assert/strict";
import type { CompiledModule } from "../abi/object.ts";
import { compileModule } from "./compile.ts";
import { wat } from "./wasm/module.harness.ts";

const compiled = (text: string): CompiledModule => compileModule(wat(text), { initial: "data" });

function globalBits({ initial, globals }: CompiledModule): bigint[] {
  const { context } = initial!;
  const view = new DataView(context.buffer, context.byteOffset);
  return globals.map(({ slot }) => view.getBigUint64(slot, true));
}

const placed = ({ initial }: CompiledModule) =>
  initial!.memory.map(({ offset, bytes }) => [offset, Buffer.from(bytes).toString()]);

test("without the option there is no initial data", () => {
  const module = compileModule(wat(`(module (memory 1) (data (i32.const 3) "abc"))`));
  assert.equal(module.initial, undefined);
  assert.equal(module.dataSegments[0]!.bytes.length, 3);
});

test("constant values of own globals are bits of the context", () => {
  const module = compiled(`(module
    (global (mut i32) (i32.const -2))
    (global i64 (i64.const -3))
    (global f32 (f32.const 1.5))
    (global (mut f64) (f64.const -0.5))
    (global funcref (ref.null func))
    (global i32 (i32.sub (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))
    (global i64 (i64.add (i64.const -1) (i64.const -1))))`);
  assert.deepEqual(globalBits(module), [
    0xffff_fffen,
    0xffff_ffff_ffff_fffdn,
    0x3fc0_0000n,
    0xbfe0_0000_0000_0000n,
    0n,
    0xffff_fffbn,
    0xffff_ffff_ffff_fffen,
  ]);
  assert.equal(module.initial!.complete, true);
});

test("all bits of a vector are there", () => {
  const module = compiled(`(module (global v128 (v128.const i64x2 0x0102030405060708 0xf1f2f3f4f5f6f7f8)))`);
  const { slot } = module.globals[0]!;
  const bytes = Buffer.from(module.initial!.context.subarray(slot, slot + 16));
  assert.equal(bytes.toString("hex"), "0807060504030201f8f7f6f5f4f3f2f1");
});

test("what imports and the places of functions decide stays with the initializer", () => {
  for (const [text, bits] of [
    [`(global (import "m" "g") i32) (global i32 (i32.const 4)) (global i32 (global.get 0))`, [0n, 4n, 0n]],
    [`(func $f) (global funcref (ref.func $f)) (global i32 (i32.const 4))`, [0n, 4n]],
  ] as const) {
    const module = compiled(`(module ${text})`);
    assert.deepEqual(globalBits(module), bits);
    assert.equal(module.initial!.complete, false);
  }
});

test("active segments become memory and are no longer segments", () => {
  const module = compiled(`(module (memory 1)
    (data (i32.const 10) "first")
    (data "passive")
    (data (i32.add (i32.const 6) (i32.const 6)) "X")
    (data (i32.const 65536) ""))`);
  assert.deepEqual(placed(module), [
    [10, "first"],
    [12, "X"],
  ]);
  assert.deepEqual(
    module.dataSegments.map(({ bytes }) => bytes.length),
    [0, 7, 0, 0],
  );
  assert.equal(module.initial!.complete, true);
});

test("from the first segment on that must wait, all wait", () => {
  for (const first of [
    `(data (global.get $g) "late")`,
    `(data (i32.const 65533) "late")`,
    `(data (i32.const -1) "late")`,
  ]) {
    const module = compiled(`(module (global $g (import "m" "g") i32) (memory 1)
      (data (i32.const 1) "early") ${first} (data (i32.const 2) "after"))`);
    assert.deepEqual(placed(module), [[1, "early"]]);
    assert.deepEqual(
      module.dataSegments.map(({ bytes }) => bytes.length),
      [0, 4, 5],
    );
    assert.equal(module.initial!.complete, false);
  }
});

test("a segment far up does not become a file of zeros", () => {
  const module = compiled(`(module (memory 2000) (data (i32.const 100000000) "far"))`);
  assert.deepEqual(placed(module), []);
  assert.equal(module.initial!.complete, false);
});

test("a start function and elements of tables that change are left to the initializer", () => {
  const table = (type: string, rest: string) => `(module (func $f) (table ${type} 2 funcref)
    (elem (i32.const 1) $f) ${rest})`;
  assert.equal(compiled(`(module (func $f) (start $f))`).initial!.complete, false);
  assert.equal(compiled(table(`(export "t")`, "")).initial!.complete, false);
  const constant = compiled(table("", `(elem declare func $f)`));
  assert.equal(constant.initial!.complete, true);
  assert.deepEqual([...constant.tables[0]!.constantElements!], [-1, 0]);
  assert.deepEqual(
    constant.elementSegments.map(({ elements }) => elements.length),
    [0, 0],
  );
});
