/** How much one host socket, and all of them, may hold that the host has not taken. */
import test from "node:test";
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { Blocks, BLOCK_SIZE } from "./blocks.ts";
import { Splice } from "./splice.ts";
import type { Stream } from "./stack.ts";
import { Turns } from "./turns.ts";

const MIB = 1024 * 1024;
const [PLENTY, LITTLE] = [256 * 1024, 16 * 1024];
const bytes = new Uint8Array(MIB);

const turns = new Turns(
  () => {},
  () => 0n,
  () => 0n,
);
turns.stop();

/** A stream whose socket takes nothing until `take`. */
function stuck(blocks: Blocks) {
  const done: (() => void)[] = [];
  const held: Buffer[] = [];
  let resumed = 0;
  const nothing = (): void => {};
  const write = (bytes: Buffer, taken: () => void): void => void (held.push(bytes), done.push(taken));
  const methods = { setNoDelay: nothing, setKeepAlive: nothing, pause: nothing, resume: nothing, write };
  const socket = Object.assign(new EventEmitter(), methods, { destroyed: false }) as unknown as Socket;
  const splice = new Splice(socket, turns, blocks);
  splice.attach({ resume: () => resumed++ } as unknown as Stream);
  const offer = (): number => {
    const taken = splice.readable(bytes);
    splice.settle();
    return taken;
  };
  const take = (): void => {
    held.length = 0;
    for (const each of done.splice(0)) each();
  };
  return { offer, take, held, resumed: () => resumed };
}

test("one socket holds no more than it may, and the rest is asked for when it has sent that", () => {
  const { offer, take, resumed } = stuck(new Blocks());
  assert.deepEqual([offer(), offer(), resumed()], [PLENTY, 0, 0]);
  take();
  assert.deepEqual([resumed(), offer()], [1, PLENTY]);
});

test("many that take nothing leave each other little, in as little memory, and go on when they can", () => {
  const blocks = new Blocks();
  const first = Array.from({ length: (64 * MIB) / PLENTY }, () => stuck(blocks));
  for (const each of first) assert.equal(each.offer(), PLENTY);
  const others = Array.from({ length: 500 }, () => stuck(blocks));
  for (const each of others) assert.deepEqual([each.offer(), each.offer()], [LITTLE, 0]);
  assert.ok(blocks.inUse * BLOCK_SIZE <= 65 * MIB, `${blocks.inUse} blocks`);
  for (const { held } of others) for (const part of held) assert.ok(part.buffer.byteLength <= 2 * LITTLE);
  const [one] = others;
  one!.take();
  assert.deepEqual([one!.resumed(), one!.offer()], [1, LITTLE], "little by little");
  for (const each of [...first, ...others]) each.take();
  assert.equal(blocks.inUse, 0);
  assert.equal(one!.offer(), PLENTY, "and again much where there is");
});
