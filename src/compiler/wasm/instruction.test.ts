import test from "node:test";
import assert from "node:assert/strict";
import { ValueType } from "../../abi/wasm.ts";
import { InstructionReader } from "./instruction.ts";

const TYPES = [
  { parameters: [], results: [] },
  { parameters: [ValueType.I32], results: [ValueType.I64, ValueType.I64] },
];

function readerOf(...bytes: number[]): InstructionReader {
  return new InstructionReader(
    { bytes: Uint8Array.from(bytes), types: TYPES },
    { start: 0, end: bytes.length },
  );
}

const zeros = (count: number) => new Array<number>(count).fill(0);

/** The fields after one instruction. */
const READ: readonly (readonly [what: string, bytes: number[], fields: Partial<InstructionReader>])[] = [
  ["i32.add", [0x6a], { opcode: 0x6a, dense: 0x6a, offset: 0 }],
  ["local.get", [0x20, 0x81, 0x01], { opcode: 0x20, index: 129 }],
  ["i32.const", [0x41, 0x7f], { i32: -1 }],
  ["i64.const", [0x42, 0x80, 0x7f], { i64: -128n }],
  ["f32.const", [0x43, 0x01, 0x00, 0xa0, 0xff], { f32Bits: -0x5fffff }],
  ["f64.const", [0x44, 1, 0, 0, 0, 0, 0, 0xf4, 0xff], { f64Bits: 0xfff4_0000_0000_0001n }],
  ["v128.const", [0xfd, 0x0c, 7, ...zeros(14), 0x80], { opcode: 0xfd000c, v128Bits: (0x80n << 120n) | 7n }],
  ["i8x16.shuffle", [0xfd, 0x0d, 31, ...zeros(15)], { opcode: 0xfd000d, v128Bits: 31n }],
  ["i64.load", [0x29, 0x03, 0xff, 0xff, 0xff, 0xff, 0x0f], { alignment: 3, memoryOffset: 0xffffffff }],
  ["v128.load8_lane", [0xfd, 0x54, 0, 5, 15], { alignment: 0, memoryOffset: 5, lane: 15 }],
  ["i16x8.extract_lane_u", [0xfd, 0x19, 7], { opcode: 0xfd0019, dense: 0x219, lane: 7 }],
  ["a subopcode of two bytes", [0xfd, 0xff, 0x01], { opcode: 0xfd00ff, dense: 0x2ff }],
  ["a subopcode that is longer than needed", [0xfc, 0x8f, 0x00, 4], { opcode: 0xfc000f, index: 4 }],
  ["i32.atomic.load", [0xfe, 0x10, 2, 0], { opcode: 0xfe0010, dense: 0x410, alignment: 2 }],
  ["call_indirect", [0x11, 1, 2], { index: 1, index2: 2 }],
  ["memory.init", [0xfc, 0x08, 3, 0], { index: 3, index2: 0 }],
  ["table.init", [0xfc, 0x0c, 3, 4], { index: 3, index2: 4 }],
  ["table.copy", [0xfc, 0x0e, 3, 4], { index: 3, index2: 4 }],
  ["br_table", [0x0e, 2, 0, 1, 2], { labels: [0, 1, 2] }],
  ["block without a result", [0x02, 0x40], { blockType: { parameters: [], results: [] } }],
  ["loop with a result", [0x03, 0x7d], { blockType: { parameters: [], results: [ValueType.F32] } }],
  ["if of a type by its index", [0x04, 0x01], { blockType: TYPES[1]! }],
  ["select", [0x1b], { selectType: 0 }],
  ["select with a type", [0x1c, 1, 0x6f], { selectType: ValueType.ExternRef }],
  ["ref.null", [0xd0, 0x70], { selectType: ValueType.FuncRef }],
];

for (const [what, bytes, fields] of READ) {
  test(`reads ${what}`, () => {
    const reader = readerOf(...bytes);
    assert.ok(reader.next());
    for (const [field, value] of Object.entries(fields)) {
      assert.deepEqual(reader[field as keyof InstructionReader], value, field);
    }
    assert.ok(!reader.next());
  });
}

test("goes from instruction to instruction, with their places, and stays at the end", () => {
  const reader = readerOf(0x41, 0x80, 0x01, 0x1a, 0x0b);
  const offsets: number[] = [];
  while (reader.next()) offsets.push(reader.offset);
  assert.deepEqual(offsets, [0, 3, 4]);
  assert.ok(!reader.next());
});

test("a select after a typed one has no type", () => {
  const reader = readerOf(0x1c, 1, 0x6f, 0x1b);
  reader.next();
  reader.next();
  assert.equal(reader.selectType, 0);
});

test("a block's type must exist, a select's be one", () => {
  assert.throws(() => readerOf(0x02, 0x02).next(), { kind: "invalid", message: /^at 0x1: unknown type 2/ });
  assert.throws(() => readerOf(0x1c, 0).next(), { kind: "invalid", message: /invalid result arity 0/ });
  assert.throws(() => readerOf(0x1c, 2, 0x7f, 0x7f).next(), {
    kind: "invalid",
    message: /invalid result arity/,
  });
});
