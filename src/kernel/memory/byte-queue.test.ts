import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../tools/assembly-test.ts";

const HARNESS = `
import { ByteQueue } from "./byte-queue";
import { startChunks, chunksInUse } from "./chunk";
import { reserve } from "./arena";
export function start(limit: u32): usize { startChunks(limit); return reserve(1 << 20); }
const queue = changetype<ByteQueue>(memory.data(64, 8));
export function append(source: usize, count: u32): u32 { return queue.append(source, count); }
export function consume(count: u32): void { queue.consume(count); }
export function copyTo(target: usize, offset: u32, count: u32): void { queue.copyTo(target, offset, count); }
export function length(): u32 { return queue.length; }
export function frontLength(): u32 { return queue.frontLength(); }
export function clear(): void { queue.clear(); }
export { chunksInUse };
`;

test("behaves as a plain byte array under random work", async () => {
  const kernel = await assemble("memory/byte-queue.harness.ts", HARNESS);
  const scratch = kernel.start(16) as number;
  const bytes = () => new Uint8Array(kernel.memory.buffer);
  let model: number[] = [];
  let seed = 1;
  const next = (limit: number) => (seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff) % limit;
  for (let round = 0; round < 3000; round++) {
    if (next(2) === 0) {
      const count = next(5000);
      for (let index = 0; index < count; index++) bytes()[scratch + index] = next(256);
      const taken = kernel.append(scratch, count);
      assert.ok(taken <= count);
      model.push(...bytes().slice(scratch, scratch + taken));
    } else {
      const count = next(model.length + 1);
      kernel.consume(count);
      model = model.slice(count);
    }
    assert.equal(kernel.length(), model.length);
    assert.ok(kernel.frontLength() <= model.length);
    const offset = next(model.length + 1);
    const count = model.length - offset;
    kernel.copyTo(scratch, offset, count);
    assert.deepEqual(bytes().slice(scratch, scratch + count), Uint8Array.from(model.slice(offset)));
  }
  kernel.clear();
  assert.equal(kernel.chunksInUse(), 0);
});

test("an empty queue holds no chunk", async () => {
  const kernel = await assemble("memory/byte-queue.harness.ts", HARNESS);
  const scratch = kernel.start(4) as number;
  kernel.append(scratch, 5000);
  kernel.consume(5000);
  assert.equal(kernel.chunksInUse(), 0);
});
