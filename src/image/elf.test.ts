import test from "node:test";
import assert from "node:assert/strict";
import { loadedEnd } from "./elf-file.ts";
import { SegmentAccess, writeElf } from "./elf.ts";

const PROGRAM_HEADERS = 64;
const PROGRAM_HEADER_BYTES = 56;

function headersOf(file: Uint8Array) {
  const view = new DataView(file.buffer);
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = PROGRAM_HEADERS + index * PROGRAM_HEADER_BYTES;
    const word = (offset: number) => Number(view.getBigUint64(at + offset, true));
    return {
      type: view.getUint32(at, true),
      access: view.getUint32(at + 4, true),
      offset: word(8),
      address: word(16),
      fileBytes: word(32),
      memoryBytes: word(40),
    };
  });
}

test("each segment lies at a page of the file, and its headers say so", () => {
  const code = Uint8Array.of(0x0f, 0x0b);
  const file = writeElf(
    [
      { address: 0x1000, bytes: new Uint8Array(5000).fill(7), sizeBytes: 5000, access: SegmentAccess.Read },
      {
        address: 0x3000,
        bytes: code,
        sizeBytes: 2,
        access: SegmentAccess.Read | SegmentAccess.Execute,
      },
      {
        address: 0x4000,
        bytes: new Uint8Array(0),
        sizeBytes: 100,
        access: SegmentAccess.Read | SegmentAccess.Write,
      },
    ],
    0x3000,
  );
  const view = new DataView(file.buffer);
  assert.equal(view.getUint32(0), 0x7f454c46);
  assert.equal(view.getUint16(16, true), 3, "position independent");
  assert.equal(view.getBigUint64(24, true), 0x3000n);
  const [first, second, third, stack] = headersOf(file);
  assert.deepEqual(first, {
    type: 1,
    access: 4,
    offset: 0x1000,
    address: 0x1000,
    fileBytes: 5000,
    memoryBytes: 5000,
  });
  assert.deepEqual([second!.access, second!.offset, second!.address], [5, 0x3000, 0x3000]);
  assert.deepEqual([third!.access, third!.fileBytes, third!.memoryBytes], [6, 0, 100]);
  assert.deepEqual([stack!.type, stack!.access], [0x6474e551, 6], "a stack that is not executable");
  assert.deepEqual(file.subarray(0x3000, 0x3002), code);
});

test("no segment may be written and executed", () => {
  const both = SegmentAccess.Write | SegmentAccess.Execute;
  const segment = { address: 0x1000, bytes: Uint8Array.of(1), sizeBytes: 1, access: both };
  assert.throws(() => writeElf([segment], 0x1000), /written and executed/);
});

test("the end of what is loaded counts zeros, too", () => {
  const bytes = Uint8Array.of(1);
  const access = SegmentAccess.Read;
  const segments = [
    { address: 0x10_0000, bytes, sizeBytes: 1, access },
    { address: 0x20_0000, bytes, sizeBytes: 0x3000, access },
  ];
  assert.equal(loadedEnd(writeElf(segments, 0x10_0000, { placement: "fixed" })), 0x20_3000);
});
