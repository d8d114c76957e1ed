import test from "node:test";
import assert from "node:assert/strict";
import { loadedEnd, readNote } from "./elf-file.ts";
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

test("a note is found among as many as an image has, and no file makes the search long", () => {
  const note = (name: string) => ({ name, type: 1, bytes: Uint8Array.of(1, 2, 3) });
  const sections = [{ address: 0x1000, sizeBytes: 1, bytes: Uint8Array.of(1), access: SegmentAccess.Read }];
  const file = (before: number): Uint8Array => {
    const others = Array.from({ length: before }, (_, count) => note(`other ${count}`));
    return writeElf(sections, 0x1000, { notes: [...others, note("wanted")] });
  };
  const wanted = { name: "wanted", type: 1 };
  assert.deepEqual(readNote(file(5), wanted), Uint8Array.of(1, 2, 3));
  assert.equal(readNote(file(64), wanted), undefined);
  // Empty notes by the hundred thousand, named by each header there can be.
  const notesAt = PROGRAM_HEADERS + 65_535 * PROGRAM_HEADER_BYTES;
  const flood = new Uint8Array(notesAt + 12 * 100_000);
  flood.set(file(0).subarray(0, PROGRAM_HEADERS));
  const view = new DataView(flood.buffer);
  view.setUint16(56, 65_535, true);
  for (let at = PROGRAM_HEADERS; at < notesAt; at += PROGRAM_HEADER_BYTES) {
    view.setUint32(at, 4, true);
    view.setBigUint64(at + 8, BigInt(notesAt), true);
    view.setBigUint64(at + 32, 1_200_000n, true);
  }
  assert.equal(readNote(flood, wanted), undefined);
});
