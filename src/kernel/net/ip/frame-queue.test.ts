import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { FrameQueue } from "./frame-queue";
import { chunksInUse, startChunks } from "../../memory/chunk";
const queue = changetype<FrameQueue>(memory.data(16, 8));
const scratch: usize = memory.data(4096, 8);
export function start(): void { startChunks(4); }
export function at(): usize { return scratch; }
export function append(length: u32): bool { return queue.append(scratch, length); }
export function front(): usize { return queue.front(); }
export function frontLength(): u32 { return queue.frontLength(); }
export function count(): u32 { return queue.count; }
export function drop(): void { queue.drop(); }
export function clear(): void { queue.clear(); }
export { chunksInUse };
`;

test("frames come out whole, in order, and give their chunks back", async () => {
  const kernel = await assemble("net/ip/frame-queue.harness.ts", HARNESS);
  kernel.start();
  const bytes = () => new Uint8Array(kernel.memory.buffer);
  for (let round = 1; round < 50; round++) {
    const lengths = [round, 1514, 0, 2040].slice(0, 1 + (round % 4));
    for (const [index, length] of lengths.entries()) {
      bytes().fill(round + index, kernel.at(), kernel.at() + length);
      assert.ok(kernel.append(length));
    }
    for (const [index, length] of lengths.entries()) {
      assert.equal(kernel.frontLength(), length);
      const frame = bytes().slice(kernel.front(), kernel.front() + length);
      assert.ok(frame.every((byte) => byte === round + index));
      kernel.drop();
    }
    assert.equal(kernel.chunksInUse(), 0);
  }
});

test("frames too long and chunks that have run out are refused, and nothing is lost of the others", async () => {
  const kernel = await assemble("net/ip/frame-queue.harness.ts", HARNESS);
  kernel.start();
  assert.ok(!kernel.append(2041));
  for (let index = 0; index < 4; index++) assert.ok(kernel.append(10 + index));
  assert.ok(!kernel.append(10));
  assert.equal(kernel.count(), 4);
  kernel.drop();
  assert.ok(kernel.append(99));
  kernel.clear();
  assert.equal(kernel.chunksInUse(), 0);
  assert.equal(kernel.count(), 0);
});
