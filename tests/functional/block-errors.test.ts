/**
 * Errors of a disk (QEMU's blkdebug makes them): who asked is told, each time; what was told to be done is on the disk;
 * the driver and the machine go on. Control: the same disk without errors.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { accelerators } from "../../src/keel/guest.harness.ts";
import { BATCH_SECTORS, blockImage, runWithDisk, SECTOR_BYTES } from "./block-machine.ts";

const SECTORS = 4096;
const [BAD_READ, BAD_WRITE, GOOD] = [100, 200, 300];
const OLD = 0x11;
const NEW = 0x22;

/** Says what became of each request, and of what a good sector holds at the end. */
const KERNEL = `
function use(bytes: usize): void {
  memory.fill(bytes, ${NEW}, ${BATCH_SECTORS * SECTOR_BYTES});
  say(request(BlockRequest.Write, ${BAD_WRITE}, bytes, 1));
  say(request(BlockRequest.Write, ${BAD_WRITE - 1}, bytes, 3));
  say(request(BlockRequest.Write, ${GOOD}, bytes, 1));
  say(request(BlockRequest.Flush, 0, 0, 0));
  say(request(BlockRequest.Flush, 0, 0, 0));
  say(request(BlockRequest.Read, ${BAD_READ}, bytes, 1));
  say(request(BlockRequest.Read, ${BAD_READ - 1}, bytes, ${BATCH_SECTORS}));
  memory.fill(bytes, 0, ${BATCH_SECTORS * SECTOR_BYTES});
  say(request(BlockRequest.Read, ${GOOD}, bytes, 1));
  say(load<u8>(bytes));
}
`;

const [DONE, IO_ERROR] = [0, 2];
const EIO = 5;
const ENOSPC = 28;

const errors = (errno: number): readonly string[] =>
  [
    `event=none,iotype=read,sector=${BAD_READ}`,
    `event=none,iotype=write,sector=${BAD_WRITE}`,
    "event=none,iotype=flush,once=on",
  ].map((where, at) =>
    `${where},errno=${errno}`
      .split(",")
      .map((word) => `file.inject-error.${at}.${word}`)
      .join(","),
  );

let made: Promise<Uint8Array> | undefined;

for (const errno of [EIO, ENOSPC]) {
  test(`errors of a disk are told to who asked, and nothing else is lost: errno ${errno}`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-block-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, "disk");
    const elf = await (made ??= blockImage(KERNEL));
    const run = async (accelerator: "tcg" | "kvm", injected: readonly string[]) => {
      writeFileSync(file, Buffer.alloc(SECTORS * SECTOR_BYTES, OLD));
      const drive = ["file.driver=blkdebug", `file.image.filename=${file}`, "werror=report", "rerror=report"];
      const ran = await runWithDisk(elf, "MMIO", accelerator, [...drive, ...injected].join(","));
      assert.deepEqual([ran.status, ran.records], [0, ["exit 0"]], ran.output);
      const disk = readFileSync(file);
      return { said: ran.said, holds: (sector: number) => disk[sector * SECTOR_BYTES] };
    };
    for (const accelerator of await accelerators(t)) {
      const broken = await run(accelerator, errors(errno));
      const writes = [IO_ERROR, IO_ERROR, DONE, IO_ERROR, DONE];
      assert.deepEqual(broken.said, [...writes, IO_ERROR, IO_ERROR, DONE, NEW]);
      assert.deepEqual([broken.holds(GOOD), broken.holds(BAD_WRITE)], [NEW, OLD]);
      const whole = await run(accelerator, []);
      assert.deepEqual(whole.said, [...Array<number>(8).fill(DONE), NEW]);
      assert.equal(whole.holds(BAD_WRITE), NEW);
    }
  });
}
