import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { bytes, internetChecksum, u16 } from "../../../../tools/frames.ts";

const HARNESS = `
import { checksum, fold } from "./checksum";
export const buffer: usize = memory.data(4096, 8);
export { checksum, fold };
`;

test("agrees with the plain sum for every length, alignment and random bytes", async () => {
  const { checksum, buffer, memory } = await assemble("net/wire/checksum.harness.ts", HARNESS);
  const at = (buffer as WebAssembly.Global).value as number;
  let seed = 3;
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 24;
  for (let length = 0; length < 200; length++) {
    for (let shift = 0; shift < 8; shift++) {
      const data = Uint8Array.from({ length }, length % 3 === 0 ? () => 255 : random);
      new Uint8Array(memory.buffer).set(data, at + shift);
      assert.equal(checksum(0n, at + shift, length), internetChecksum(data), `${length} at ${shift}`);
    }
  }
});

test("goes on from a sum, and is zero over what carries its own checksum", async () => {
  const { checksum, buffer, memory } = await assemble("net/wire/checksum.harness.ts", HARNESS);
  const at = (buffer as WebAssembly.Global).value as number;
  const data = bytes(0, 0, ...new Array<number>(37).fill(0xc7));
  const before = [0x12345678, 0xffffffff, 0x00000011];
  const head = bytes(...before.map((word) => [...u16(word >>> 16), ...u16(word & 0xffff)]));
  new Uint8Array(memory.buffer).set(data, at);
  const sum = before.reduce((total, word) => total + BigInt(word), 0n);
  const value = checksum(sum, at, data.length) as number;
  assert.equal(value, internetChecksum(bytes(head, data)));
  new Uint8Array(memory.buffer).set(u16(value), at);
  assert.equal(checksum(sum, at, data.length), 0);
});

test("folds the largest sums", async () => {
  const { fold } = await assemble("net/wire/checksum.harness.ts", HARNESS);
  const plain = (sum: bigint): number => {
    while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
    return Number(sum);
  };
  for (const sum of [
    0n,
    1n,
    0xffffn,
    0x10000n,
    0x1ffffn,
    0xffff_ffffn,
    0xffff_ffff_ffffn,
    0xffff_ffff_ffff_ffffn,
  ]) {
    assert.equal(fold(sum), plain(sum), sum.toString(16));
  }
});
