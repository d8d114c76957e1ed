/** The block driver with real devices, over MMIO and over PCI: what it writes is on the disk, and stays there. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { accelerators, type Accelerator } from "../../src/keel/guest.harness.ts";
import { BATCH_SECTORS, blockImage, runWithDisk, SECTOR_BYTES, type Transport } from "./block-machine.ts";

const SECTORS = 4096;
const DISK_BYTES = SECTORS * SECTOR_BYTES;
/** Where the guest finds something, and where it puts it. */
const [FROM_SECTOR, TO_SECTOR, COPIED_SECTORS] = [5, 1001, 256];
const MASK = 0x5a;

/** Copies sectors, changed; reads them back; asks for what no disk of this size has. Says one number a line. */
const KERNEL = `
function copy(bytes: usize): BlockResult {
  for (let sector: u32 = 0; sector < ${COPIED_SECTORS}; sector += ${BATCH_SECTORS}) {
    const read = request(BlockRequest.Read, ${FROM_SECTOR} + sector, bytes, ${BATCH_SECTORS});
    if (read != BlockResult.Done) return read;
    for (let at: usize = 0; at < ${BATCH_SECTORS * SECTOR_BYTES}; at++) {
      store<u8>(bytes + at, load<u8>(bytes + at) ^ ${MASK});
    }
    const written = request(BlockRequest.Write, ${TO_SECTOR} + sector, bytes, ${BATCH_SECTORS});
    if (written != BlockResult.Done) return written;
  }
  return request(BlockRequest.Flush, 0, 0, 0);
}

/** FNV-1a of what stands there now, a sector at a time. */
function hash(bytes: usize): u64 {
  let sum: u32 = 0x811c9dc5;
  for (let sector: u32 = 0; sector < ${COPIED_SECTORS}; sector++) {
    if (request(BlockRequest.Read, ${TO_SECTOR} + sector, bytes, 1) != BlockResult.Done) return 0;
    for (let at: usize = 0; at < ${SECTOR_BYTES}; at++) sum = (sum ^ load<u8>(bytes + at)) * 0x01000193;
  }
  return sum;
}

function use(bytes: usize): void {
  say(capacity());
  say(hash(bytes));
  say(copy(bytes));
  say(hash(bytes));
  say(request(BlockRequest.Read, ${SECTORS - 1}, bytes, 1));
  say(request(BlockRequest.Read, ${SECTORS - 1}, bytes, 2));
}
`;

const DONE = 0;
const REFUSED = 5;

/** A PC's firmware takes seconds where KVM itself runs in a machine: that one is for the long run. */
async function acceleratorsFor(t: TestContext, transport: Transport): Promise<readonly Accelerator[]> {
  const here = await accelerators(t);
  return transport === "MMIO" || process.env["SKERRY_LONG"] === "1" ? here : here.slice(0, 1);
}

let made: Promise<Uint8Array> | undefined;

interface Disk {
  readonly file: string;
  readonly isReadOnly?: boolean;
}

async function run(transport: Transport, accelerator: Accelerator, { file, isReadOnly = false }: Disk) {
  const elf = await (made ??= blockImage(KERNEL));
  return runWithDisk(elf, transport, accelerator, `file=${file}${isReadOnly ? ",readonly=on" : ""}`);
}

function fnv(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x0100_0193) >>> 0, 0x811c_9dc5);
}

function patternedDisk(): Uint8Array {
  return Uint8Array.from({ length: DISK_BYTES }, (_, at) => (at * 13 + (at >> 9) * 7) & 255);
}

const part = (disk: Uint8Array, sector: number): Uint8Array =>
  disk.subarray(sector * SECTOR_BYTES, (sector + COPIED_SECTORS) * SECTOR_BYTES);

for (const transport of ["MMIO", "PCI"] as const) {
  test(`sectors are written, flushed, read back, and there for the next boot: ${transport}`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-block-"));
    t.after(() => rmSync(folder, { recursive: true }));
    for (const accelerator of await acceleratorsFor(t, transport)) {
      const before = patternedDisk();
      const file = path.join(folder, accelerator);
      writeFileSync(file, before);
      const copied = part(before, FROM_SECTOR).map((byte) => byte ^ MASK);
      const first = await run(transport, accelerator, { file });
      assert.deepEqual([first.status, first.records], [0, ["exit 0"]], first.output);
      const hashes = [fnv(part(before, TO_SECTOR)), fnv(copied)];
      const lines = [SECTORS, hashes[0], DONE, hashes[1], DONE, REFUSED];
      assert.deepEqual(first.said, lines);
      before.set(copied, TO_SECTOR * SECTOR_BYTES);
      assert.ok(readFileSync(file).equals(before), "the disk holds what was written, and else what it held");
      const second = await run(transport, accelerator, { file });
      assert.equal(second.said[1], hashes[1], "it is there at the next boot");
    }
  });

  test(`a disk that is read-only stays as it is: ${transport}`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-block-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const [accelerator] = await accelerators(t);
    if (accelerator === undefined) return;
    const file = path.join(folder, "disk");
    const disk = patternedDisk();
    writeFileSync(file, disk);
    const { status, said } = await run(transport, accelerator, { file, isReadOnly: true });
    const hash = fnv(part(disk, TO_SECTOR));
    assert.deepEqual(said, [SECTORS, hash, REFUSED, hash, DONE, REFUSED]);
    assert.equal(status, 0);
    assert.ok(readFileSync(file).equals(disk));
  });
}
