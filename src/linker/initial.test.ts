import test from "node:test";
import assert from "node:assert/strict";
import { MemoryHeader } from "../abi/object.ts";
import { ValueType } from "../abi/wasm.ts";
import { wat } from "../compiler/wasm/module.harness.ts";
import { heldAfterStart, linkInitial, type WasmProgram } from "./initial.harness.ts";
import { INITIAL_ALIGNMENT, WordBase, type LinkedProgram } from "./linked.ts";

/** Two instances over the program's memory, and one without any. */
const PROGRAM: WasmProgram = {
  memories: [{ minimum: 2, maximum: 3 }],
  globals: [{ type: ValueType.I32, mutable: false, bits: 70_000n }],
  instances: [
    {
      name: "first",
      imports: [
        { kind: "memory", index: 0 },
        { kind: "global", index: 0 },
      ],
      wasm: wat(`(module (import "m" "memory" (memory 2)) (global $at (import "m" "at") i32)
        (global (mut i64) (i64.const -7)) (global i32 (global.get $at))
        (table (export "t") 3 funcref) (elem (i32.const 1) $f) (func $f)
        (data $p "passive") (data (i32.const 4097) "one") (data (i32.const 8000) "under")
        (func (export "fill") (memory.init $p (i32.const 0) (i32.const 0) (i32.const 7))))`),
    },
    {
      name: "second",
      imports: [
        { kind: "memory", index: 0 },
        { kind: "global", index: 0 },
        { kind: "export", instance: 0, name: "t" },
      ],
      wasm: wat(`(module (import "m" "memory" (memory 2)) (global $at (import "m" "at") i32)
        (import "m" "t" (table 3 funcref))
        (global (mut i32) (i32.const 1))
        (data (i32.const 8002) "over") (data (global.get $at) "late") (data (i32.const 70001) "A")
        (func $start (global.set 1 (i32.add (global.get 1) (i32.const 4)))
          (i32.store8 (i32.const 5) (i32.load8_u (i32.const 8002))))
        (start $start))`),
    },
    {
      name: "third",
      imports: [],
      wasm: wat(`(module (global v128 (v128.const i64x2 1 -1)) (global (mut f64) (f64.const 2.5)))`),
    },
  ],
};

const imageOf = ({ memories }: LinkedProgram, memory = 0) => {
  const { displacement, bytes } = memories[memory]!.initial!;
  return { displacement, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
};

test("a program of modules without initial data has none, and all of its words", () => {
  const { memories, words, instances } = linkInitial(PROGRAM, "code");
  assert.ok(memories.every(({ initial }) => initial === undefined));
  assert.ok(words.some(({ base }) => base === WordBase.None));
  assert.ok(instances.every(({ needsInitializer }) => needsInitializer));
});

test("only words that hold addresses remain, and the image is zero where they go", () => {
  const linked = linkInitial(PROGRAM, "data");
  const before = linkInitial(PROGRAM, "code").words.filter(({ base }) => base !== WordBase.None);
  assert.deepEqual(linked.words, before);
  assert.ok(before.length > 0);
  for (const { memory, displacement } of linked.words) {
    const { view, displacement: start } = imageOf(linked, memory);
    assert.equal(view.getBigUint64(displacement - start, true), 0n);
  }
});

test("an image begins at a page below all contexts, and ends with its last byte", () => {
  const linked = linkInitial(PROGRAM, "data");
  for (const [memory, { contextBytes }] of linked.memories.entries()) {
    const { displacement } = imageOf(linked, memory);
    assert.equal(-displacement % INITIAL_ALIGNMENT, 0);
    assert.ok(-displacement >= contextBytes && -displacement < contextBytes + INITIAL_ALIGNMENT);
  }
  const { displacement, bytes } = imageOf(linked);
  assert.equal(displacement + bytes.length, 8006);
  assert.equal(linked.memories[1]!.indexed, false);
  assert.ok(imageOf(linked, 1).bytes.length <= INITIAL_ALIGNMENT);
});

test("header, lengths of segments and globals stand in it, and segments one over the other", () => {
  const linked = linkInitial(PROGRAM, "data");
  const { displacement, bytes, view } = imageOf(linked);
  const [first] = linked.instances;
  const at = (place: number) => place - displacement;
  assert.equal(view.getUint32(at(MemoryHeader.Pages), true), 2);
  assert.equal(view.getUint32(at(MemoryHeader.MaximumPages), true), 3);
  assert.equal(view.getBigUint64(at(MemoryHeader.Bytes), true), 131072n);
  const lengths = first!.module.dataSegments.map(({ slot }) =>
    view.getBigUint64(at(first!.context + slot), true),
  );
  assert.deepEqual(lengths, [7n, 0n, 0n]);
  assert.equal(view.getBigInt64(at(first!.globals[1]!.displacement), true), -7n);
  assert.equal(Buffer.from(bytes.subarray(at(4096), at(4101))).toString(), "\0one\0");
  assert.equal(Buffer.from(bytes.subarray(at(8000))).toString(), "unover");
  assert.deepEqual(
    linked.instances.map(({ needsInitializer }) => needsInitializer),
    [true, true, false],
  );
});

test("the constants hold no byte of what is initial memory", () => {
  const has = ({ sections }: LinkedProgram, text: string) =>
    Buffer.from(sections.constants.bytes).includes(text);
  const [code, data] = [linkInitial(PROGRAM, "code"), linkInitial(PROGRAM, "data")];
  assert.deepEqual([has(code, "under"), has(code, "passive"), has(code, "late")], [true, true, true]);
  assert.deepEqual([has(data, "under"), has(data, "passive"), has(data, "late")], [false, true, true]);
});

test("after start a program holds the same, written or mapped", async () => {
  const [code, data] = [await heldAfterStart(PROGRAM, "code"), await heldAfterStart(PROGRAM, "data")];
  assert.deepEqual(data.memories, code.memories);
  assert.deepEqual(data.globals, code.globals);
  assert.equal(Buffer.from(data.memories[0]!.subarray(70_000, 70_004)).toString(), "lAte");
  assert.equal(String.fromCharCode(data.memories[0]![5]!), "o");
  assert.equal(data.globals[1]![0], 5n);
});
