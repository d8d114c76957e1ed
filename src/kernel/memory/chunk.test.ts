/** Chunks change hands one by one, in rows, and where a queue goes on; the lowest that is free goes first. */
import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../tools/assembly-test.ts";

const HARNESS = `
import * as chunk from "./chunk";
import { reserve } from "./arena";
export function start(limit: u32): void { chunk.startChunks(limit); }
export function take(): usize { return chunk.takeChunk(); }
export function takeBehind(one: usize): usize { return chunk.takeChunkBehind(one); }
export function give(one: usize): void { chunk.giveChunk(one); }
export function giveRow(one: usize, count: u32): usize { return chunk.giveChunks(one, count); }
export function link(one: usize, next: usize): void { store<usize>(chunk.linkOf(one), next); }
export function next(one: usize): usize { return load<usize>(chunk.linkOf(one)); }
export function available(): u32 { return chunk.availableChunks(); }
`;
const CHUNK_BYTES = 2048;

type Kernel = Record<"take" | "takeBehind" | "give" | "giveRow" | "link" | "next" | "available", Call>;
type Call = (...words: number[]) => number;

async function start(limit: number): Promise<Kernel> {
  const kernel = await assemble("memory/chunk.harness.ts", HARNESS);
  kernel["start"](limit);
  return kernel as unknown as Kernel;
}

test("a row that is given is taken again in its order", async () => {
  const kernel = await start(8);
  const row = [kernel.take(), kernel.take(), kernel.take(), kernel.take()];
  row.forEach((chunk, at) => kernel.link(chunk, row[at + 1] ?? 0));
  assert.equal(kernel.giveRow(row[0]!, 3), row[3], "what the last of them named");
  assert.deepEqual([kernel.take(), kernel.take(), kernel.take()], row.slice(0, 3));
});

test("the chunk behind another is taken where it is free, and another where it is not", async () => {
  const kernel = await start(4);
  const [first, second, third] = [kernel.take(), kernel.take(), kernel.take()];
  assert.equal(second, first + CHUNK_BYTES);
  kernel.give(second);
  kernel.give(third);
  assert.equal(kernel.takeBehind(first), second, "it was given before the other");
  assert.equal(kernel.next(second), 0, "and it names none as its next");
  assert.equal(kernel.takeBehind(first), third, "it is held");
  const last = kernel.takeBehind(third);
  assert.equal(last, third + CHUNK_BYTES, "never used, and none else is free");
  kernel.give(first);
  assert.equal(kernel.takeBehind(last), first, "behind the last there is none");
  assert.equal(kernel.takeBehind(last), 0, "all are held");
});

test("the lowest that is free goes first, whatever the order in which they came back", async () => {
  // More than a word of bits, and more than a word of words.
  const kernel = await start(5000);
  const all = Array.from({ length: 5000 }, () => kernel.take());
  all.forEach((chunk, at) => assert.equal(chunk, all[0]! + at * CHUNK_BYTES));
  assert.equal(kernel.take(), 0);
  const back = [4999, 63, 4096, 64, 128, 4095].map((at) => all[at]!);
  back.forEach((chunk) => kernel.give(chunk));
  const sorted = [...back].sort((one, other) => one - other);
  assert.deepEqual(
    back.map(() => kernel.take()),
    sorted,
  );
  assert.equal(kernel.take(), 0);
});

test("one that was never used stays so while others are free", async () => {
  const kernel = await start(4);
  const [first, second] = [kernel.take(), kernel.take()];
  kernel.give(first);
  assert.equal(kernel.takeBehind(second), first);
});

test("a queue that is filled and emptied stays low, whatever was in use before", async () => {
  const kernel = await start(4096);
  const crowd = Array.from({ length: 4096 }, () => kernel.take());
  crowd.forEach((chunk) => kernel.give(chunk));
  const queue = [kernel.take()];
  let highest = 0;
  for (let step = 0; step < 10_000; step++) {
    const chunk = kernel.takeBehind(queue.at(-1)!);
    queue.push(chunk);
    highest = Math.max(highest, (chunk - crowd[0]!) / CHUNK_BYTES);
    if (queue.length > 16) kernel.give(queue.shift()!);
  }
  assert.equal(highest, 128);
});

test("under random work no chunk is held twice, and none is lost", async () => {
  const limit = 64;
  const kernel = await start(limit);
  let seed = 7;
  const random = (below: number) => (seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff) % below;
  const held: number[] = [];
  for (let round = 0; round < 20_000; round++) {
    const way = random(4);
    if (way < 2) {
      const chunk =
        way === 0 || held.length === 0 ? kernel.take() : kernel.takeBehind(held[random(held.length)]!);
      assert.equal(chunk === 0, held.length === limit);
      if (chunk === 0) continue;
      assert.ok(!held.includes(chunk), "nobody has it");
      assert.equal(kernel.next(chunk), 0);
      held.push(chunk);
      // As holders do: any other that is held.
      if (random(2) === 0) kernel.link(chunk, held[random(held.length)]!);
    } else if (held.length > 0) {
      const row = held.splice(random(held.length), way === 2 ? 1 : 1 + random(8));
      row.forEach((chunk, at) => kernel.link(chunk, row[at + 1] ?? 0));
      if (way === 2) kernel.give(row[0]!);
      else assert.equal(kernel.giveRow(row[0]!, row.length), 0);
    }
    assert.equal(kernel.available(), limit - held.length);
  }
});
