import test from "node:test";
import assert from "node:assert/strict";
import { ValueType } from "../../abi/wasm.ts";
import { decodeModule } from "./decode.ts";
import { moduleOf, name, section, vector, wat } from "./module.harness.ts";

const { I32, I64, F64, FuncRef, ExternRef } = {
  I32: ValueType.I32,
  I64: ValueType.I64,
  F64: ValueType.F64,
  FuncRef: ValueType.FuncRef,
  ExternRef: ValueType.ExternRef,
};

test("an empty module has nothing", () => {
  const module = decodeModule(moduleOf());
  assert.deepEqual(module.types, []);
  assert.deepEqual(module.bodies, []);
  assert.equal(module.startFunction, undefined);
  assert.equal(module.dataCount, undefined);
  assert.equal(module.sourceMapUrl, undefined);
});

test("index spaces begin with the imports", () => {
  const module = decodeModule(
    wat(`(module
      (import "a" "f" (func $f (param i32) (result i64)))
      (import "a" "g" (global $g (mut f64)))
      (import "b" "t" (table 2 5 externref))
      (import "b" "m" (memory 1 2 shared))
      (table 3 funcref)
      (global $own i64 (i64.const -7))
      (func $own (param i32) (result i64) (local i32 i32 f64) (i64.const 0))
      (export "own" (func $own))
      (export "€" (global $own))
      (start $nothing)
      (func $nothing))`),
  );
  assert.deepEqual(module.types, [
    { parameters: [I32], results: [I64] },
    { parameters: [], results: [] },
  ]);
  assert.deepEqual(module.imports, [
    { module: "a", name: "f", kind: "function", type: 0 },
    { module: "a", name: "g", kind: "global", index: 0 },
    { module: "b", name: "t", kind: "table", index: 0 },
    { module: "b", name: "m", kind: "memory", index: 0 },
  ]);
  assert.deepEqual(module.functionTypes, [0, 0, 1]);
  assert.equal(module.importedFunctionCount, 1);
  assert.deepEqual(module.tables, [
    { imported: true, type: ExternRef, limits: { minimum: 2, maximum: 5 } },
    { imported: false, type: FuncRef, limits: { minimum: 3, maximum: undefined } },
  ]);
  assert.deepEqual(module.memories, [{ imported: true, limits: { minimum: 1, maximum: 2 }, shared: true }]);
  assert.deepEqual(module.globals, [
    { imported: true, type: F64, mutable: true, initial: undefined },
    { imported: false, type: I64, mutable: false, initial: { kind: "i64", value: -7n } },
  ]);
  assert.deepEqual(module.exports, [
    { name: "own", kind: "function", index: 1 },
    { name: "€", kind: "global", index: 1 },
  ]);
  assert.equal(module.startFunction, 2);
  assert.deepEqual(module.bodies[0]!.locals, [I32, I32, F64]);
  assert.equal(module.bytes[module.bodies[0]!.start], 0x42);
  assert.equal(module.bytes[module.bodies[0]!.end - 1], 0x0b);
});

test("element segments come in eight forms", () => {
  const offset = [0x41, 0x05, 0x0b];
  const expressions = [0x01, 0xd2, 0x03, 0x0b];
  const { elementSegments } = decodeModule(
    moduleOf(
      section(
        9,
        vector([
          [0, ...offset, 1, 3],
          [1, 0x00, 1, 3],
          [2, 1, ...offset, 0x00, 1, 3],
          [3, 0x00, 1, 3],
          [4, ...offset, ...expressions],
          [5, FuncRef, ...expressions],
          [6, 1, ...offset, FuncRef, ...expressions],
          [7, ExternRef, 1, 0xd0, ExternRef, 0x0b],
        ]),
      ),
    ),
  );
  const elements = [{ kind: "function", index: 3 }];
  const active = { mode: "active", type: FuncRef, offset: { kind: "i32", value: 5 }, elements };
  const passive = { mode: "passive", type: FuncRef, table: 0, offset: undefined, elements };
  assert.deepEqual(elementSegments, [
    { ...active, table: 0 },
    passive,
    { ...active, table: 1 },
    { ...passive, mode: "declarative" },
    { ...active, table: 0 },
    passive,
    { ...active, table: 1 },
    { ...passive, mode: "declarative", type: ExternRef, elements: [{ kind: "null", type: ExternRef }] },
  ]);
});

test("data segments are views of the module", () => {
  const bytes = moduleOf(
    section(5, [1, 0, 1]),
    section(12, [3]),
    section(
      11,
      vector([
        [0, 0x41, 8, 0x0b, 2, 0x61, 0x62],
        [1, 1, 0x63],
        [2, 0, 0x41, 9, 0x0b, 0],
      ]),
    ),
  );
  const { dataSegments, dataCount } = decodeModule(bytes);
  assert.equal(dataCount, 3);
  assert.deepEqual(
    dataSegments.map(({ mode, offset, bytes: contents }) => [mode, offset, Buffer.from(contents).toString()]),
    [
      ["active", { kind: "i32", value: 8 }, "ab"],
      ["passive", undefined, "c"],
      ["active", { kind: "i32", value: 9 }, ""],
    ],
  );
  assert.equal(dataSegments[0]!.bytes.buffer, bytes.buffer);
});

test("custom sections give the functions' names and where the source map is", () => {
  const names = wat(`(module (import "a" "b" (func $imported)) (func $main) (func))`);
  assert.deepEqual(
    [...decodeModule(names).functionNames],
    [
      [0, "imported"],
      [1, "main"],
    ],
  );
  const module = decodeModule(
    moduleOf(
      section(0, [...name("sourceMappingURL"), ...name("./main.wasm.map")]),
      section(0, [...name("x"), 1, 2]),
    ),
  );
  assert.equal(module.sourceMapUrl, "./main.wasm.map");
  assert.deepEqual(module.customSections[1], { name: "x", bytes: Uint8Array.of(1, 2) });
});

test("broken contents of custom sections only mean that their information is missing", () => {
  for (const contents of [[1, 2, 1, 0], [1, 9], [1, 4, 1, 0, 1, 0xff], [0x80]]) {
    const module = decodeModule(moduleOf(section(0, [...name("name"), ...contents])));
    assert.equal(module.functionNames.size, 0);
    assert.equal(module.customSections.length, 1);
  }
  assert.equal(decodeModule(moduleOf(section(0, [...name("sourceMappingURL"), 5]))).sourceMapUrl, undefined);
});

test("a module may be a part of a larger buffer", () => {
  const bytes = wat(`(module (memory 1) (data (i32.const 0) "x") (global f64 (f64.const 2.5)))`);
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 5);
  const module = decodeModule(larger.subarray(5, 5 + bytes.length));
  assert.deepEqual(module.globals[0]!.initial, { kind: "f64", bits: 0x4004_0000_0000_0000n });
  assert.deepEqual(module.dataSegments[0]!.bytes, Uint8Array.of(0x78));
});
