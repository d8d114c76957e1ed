import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../tools/assembly-test.ts";

const HARNESS = `
import { ByteQueue } from "./byte-queue";
import { startChunks, chunksInUse, takeChunk } from "./chunk";
import { Pieces, PIECES_SIZE } from "./pieces";
import { reserve } from "./arena";
export function start(limit: u32): usize { startChunks(limit); return reserve(1 << 20); }
let queue = changetype<ByteQueue>(memory.data(64, 8));
let other = changetype<ByteQueue>(memory.data(64, 8));
export function swap(): void { const chosen = other; other = queue; queue = chosen; }
export function append(source: usize, count: u32): u32 { return queue.append(source, count); }
export function consume(count: u32): void { queue.consume(count); }
const pieces = changetype<Pieces>(memory.data(PIECES_SIZE, 8));
export function copyListed(target: usize, offset: u32, count: u32): u32 {
  pieces.clear();
  queue.list(pieces, offset, count);
  pieces.copyTo(target);
  return pieces.bytes;
}
export function countPieces(offset: u32, count: u32): u32 {
  pieces.clear();
  queue.list(pieces, offset, count);
  return pieces.count;
}
export function end(): u32 { return pieces.end; }
export function listBehind(head: usize, length: u32): usize { return pieces.behind(head, length); }
export function copyTo(target: usize, offset: u32, count: u32): void { queue.copyTo(target, offset, count); }
export function length(): u32 { return queue.length; }
export function frontLength(): u32 { return queue.frontLength(); }
export function clear(): void { queue.clear(); }
export { chunksInUse, takeChunk };
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
    const earlier = next(offset + 1);
    assert.equal(kernel.copyListed(scratch, earlier, model.length - earlier), model.length - earlier);
    assert.deepEqual(
      bytes().slice(scratch, scratch + model.length - earlier),
      Uint8Array.from(model.slice(earlier)),
    );
  }
  kernel.clear();
  assert.equal(kernel.chunksInUse(), 0);
});

test("a head and the pieces behind it are one list", async () => {
  const kernel = await assemble("memory/byte-queue.harness.ts", HARNESS);
  const scratch = kernel.start(6) as number;
  kernel.append(scratch, 3000);
  kernel.takeChunk(); // so that what follows does not stand behind it
  kernel.append(scratch, 3000);
  assert.equal(kernel.copyListed(scratch, 1000, 5000), 5000);
  const list = new Uint32Array(kernel.memory.buffer, kernel.listBehind(77, 66), 6);
  assert.deepEqual([list[0], list[1], list[3], list[5]], [77, 66, 3096, 1904]);
});

test("however long queues are filled and emptied beside each other, a frame lies in few pieces", async () => {
  const kernel = await assemble("memory/byte-queue.harness.ts", HARNESS);
  const scratch = kernel.start(16384) as number;
  const [frameBytes, heldBytes, chunkBytes] = [65160, 8 * 65160, 2048];
  let seed = 1;
  const next = (limit: number) => (seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff) % limit;
  let [frames, pieces, firstEnd, lastEnd] = [0, 0, Infinity, 0];
  for (let round = 0; round < 20_000; round++) {
    if (next(2) === 0) kernel.swap();
    kernel.append(scratch, heldBytes - (kernel.length() as number));
    const acknowledged = frameBytes * (1 + next(4));
    for (let at = 0; at < acknowledged; at += frameBytes, frames++) {
      pieces += kernel.countPieces(at, frameBytes) as number;
      lastEnd = Math.max(lastEnd, kernel.end() as number);
      firstEnd = Math.min(firstEnd, lastEnd);
    }
    kernel.consume(acknowledged);
  }
  assert.ok(pieces / frames < 4, `${pieces / frames} of ${frameBytes / chunkBytes} chunks`);
  // For that no chunk is used that was not yet: the two queues' own, of which each has two that are full in part.
  assert.ok(lastEnd - firstEnd < 2 * heldBytes + 4 * chunkBytes, `${lastEnd - firstEnd} bytes`);
});

test("an empty queue holds no chunk", async () => {
  const kernel = await assemble("memory/byte-queue.harness.ts", HARNESS);
  const scratch = kernel.start(4) as number;
  kernel.append(scratch, 5000);
  kernel.consume(5000);
  assert.equal(kernel.chunksInUse(), 0);
});
