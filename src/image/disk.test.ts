import test from "node:test";
import assert from "node:assert/strict";
import { configurationOfDisk, configureDisk, elfOfDisk, overlaid } from "./disk.ts";
import { ELF, FILES } from "./test-formats.ts";
import { UserError } from "./user-error.ts";

const DISK = FILES.find(([format]) => format === "raw")![1];

test("a disk is whole MiB, with one active partition over all but its first sector", () => {
  const view = new DataView(DISK.buffer);
  assert.equal(DISK.length % 2 ** 20, 0);
  assert.equal(view.getUint16(510, true), 0xaa55);
  assert.equal(DISK[446], 0x80);
  assert.equal(view.getUint32(454, true), 1);
  assert.equal(view.getUint32(458, true), DISK.length / 512 - 1);
  assert.ok(DISK.subarray(462, 510).every((byte) => byte === 0));
});

test("a disk is given another configuration, and stays the same otherwise", () => {
  assert.equal(configurationOfDisk(DISK), "a=b\n");
  const changed = configureDisk(DISK, "longer=configuration\n");
  assert.equal(configurationOfDisk(changed), "longer=configuration\n");
  assert.deepEqual(elfOfDisk(changed), ELF);
  assert.deepEqual(configureDisk(changed, "a=b\n"), DISK, "and back");
});

test("a configuration that does not fit is refused", () => {
  assert.throws(
    () => configureDisk(DISK, `a=${"b".repeat(32 * 1024)}`),
    (error) => error instanceof UserError && /room for 32768 bytes/.test(error.message),
  );
});

test("what is said at the start beats what stands on the disk", () => {
  assert.equal(overlaid("net.dns=1\nenv.A=2\n", "env.A=1\nenv.B=3\n"), "net.dns=1\nenv.A=2\nenv.B=3\n");
});
