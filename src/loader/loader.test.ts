import test from "node:test";
import assert from "node:assert/strict";
import { Code, Decoder, DecoderOptions } from "iced-x86";
import { DESCRIPTOR_BYTES, SECTOR_BYTES } from "../image/disk.ts";
import { loadedEnd, loadedSegments } from "../image/elf-file.ts";
import { SegmentAccess, writeElf } from "../image/elf.ts";
import { emitBootSector } from "./boot-sector.ts";
import { bootDisk } from "./disk.ts";
import { LoadRecord, loadSteps, writeLoadList } from "./load-list.ts";
import { LOADER_ADDRESS } from "./memory.ts";

const BASE = 0x10_0000;
/** Segments that begin and end anywhere, and one of several reads. */
const SEGMENTS = [
  { at: 0, length: 5000, sizeBytes: 8192 },
  { at: 8192, length: 100_001, sizeBytes: 102_400 },
  { at: 110_592, length: 3, sizeBytes: 4096 },
  { at: 114_688, length: 0, sizeBytes: 20_480 },
];
const access = SegmentAccess.Read;
const ELF = writeElf(
  SEGMENTS.map(({ at, length, sizeBytes }) => ({
    address: BASE + at,
    bytes: Uint8Array.from({ length }, (_, index) => (index * 7 + at) & 0xff),
    sizeBytes,
    access,
  })),
  BASE,
  { placement: "fixed", notes: [{ name: "Xen", type: 18, bytes: Uint8Array.of(0, 0, 0x10, 0) }] },
);

/** What the list says, done with a disk and a memory of arrays. */
function follow(disk: Uint8Array, list: Uint8Array, memory: Uint8Array): void {
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  for (let at = 0; at < list.length; at += LoadRecord.Size) {
    const [sector, skip, address, sizeBytes] = [
      LoadRecord.Sector,
      LoadRecord.Skip,
      LoadRecord.Address,
      LoadRecord.Bytes,
    ].map((field) => view.getUint32(at + field, true)) as [number, number, number, number];
    const target = address - BASE;
    if (sector === 0) memory.fill(0, target, target + sizeBytes);
    else {
      assert.ok(skip < SECTOR_BYTES);
      const start = sector * SECTOR_BYTES + skip;
      assert.ok(start + sizeBytes <= disk.length, "within the disk");
      memory.set(disk.subarray(start, start + sizeBytes), target);
    }
  }
}

test("the list puts every byte of every segment in its place, and clears the rest", () => {
  const imageSector = 80;
  const disk = new Uint8Array(
    imageSector * SECTOR_BYTES + Math.ceil(ELF.length / SECTOR_BYTES) * SECTOR_BYTES,
  );
  disk.set(ELF, imageSector * SECTOR_BYTES);
  const memory = new Uint8Array(loadedEnd(ELF) - BASE).fill(0xee);
  follow(disk, writeLoadList(loadSteps(ELF), imageSector), memory);
  const expected = new Uint8Array(memory.length);
  for (const { offset, fileBytes, address } of loadedSegments(ELF)) {
    expected.set(ELF.subarray(offset, offset + fileBytes), address - BASE);
  }
  assert.deepEqual(Buffer.compare(memory, expected), 0);
});

test("an image that is large has no longer a list", () => {
  const sizeBytes = 160 << 20;
  const large = writeElf([{ address: BASE, bytes: new Uint8Array(sizeBytes), sizeBytes, access }], BASE, {
    placement: "fixed",
    notes: [{ name: "Xen", type: 18, bytes: Uint8Array.of(0, 0, 0x10, 0) }],
  });
  assert.ok(loadSteps(large).length <= loadSteps(ELF).length);
  assert.ok(bootDisk(large, "").length > sizeBytes);
});

test("an independent decoder reads boot sector and loader as 16-bit code up to their messages", () => {
  const disk = bootDisk(ELF, "");
  const codes = [
    emitBootSector(3, LOADER_ADDRESS + DESCRIPTOR_BYTES),
    disk.subarray(SECTOR_BYTES + DESCRIPTOR_BYTES, 2 * SECTOR_BYTES),
  ];
  for (const code of codes) {
    const decoder = new Decoder(
      16,
      code.subarray(0, Buffer.from(code).indexOf("skerry:")),
      DecoderOptions.None,
    );
    let count = 0;
    for (; decoder.canDecode; count++) {
      const instruction = decoder.decode();
      assert.notEqual(instruction.code, Code.INVALID, `at ${instruction.ip}`);
      instruction.free();
    }
    decoder.free();
    assert.ok(count > 20);
  }
});

test("a Linux process's image does not boot from a disk", () => {
  assert.throws(() => bootDisk(writeElf([], 0), ""), /only a virtual machine's kernel/);
});
