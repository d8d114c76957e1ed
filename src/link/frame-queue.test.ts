import test from "node:test";
import assert from "node:assert/strict";
import { FrameQueue } from "./frame-queue.ts";

const frame = (number: number): Uint8Array => Uint8Array.of(number & 255, number >> 8);

test("frames come out in the order in which they went in, and then none", () => {
  const queue = new FrameQueue();
  let [pushed, taken] = [0, 0];
  // Fills and empties in steps of different sizes, so that places move up at every phase.
  for (let round = 0; round < 200; round++) {
    for (let count = 0; count < (round * 37) % 101; count++) queue.push(frame(pushed++));
    for (let count = 0; count < (round * 53) % 97 && taken < pushed; count++) {
      assert.deepEqual(queue.take(), frame(taken++));
    }
    assert.equal(queue.length, pushed - taken);
    assert.equal(queue.bytes, 2 * queue.length);
  }
  while (taken < pushed) assert.deepEqual(queue.take(), frame(taken++));
  assert.deepEqual([queue.take(), queue.length, queue.places, queue.bytes], [undefined, 0, 0, 0]);
});

test("a queue that never runs empty keeps nothing of what was taken", () => {
  const queue = new FrameQueue();
  for (let number = 0; number < 600; number++) queue.push(frame(number));
  for (let number = 600; number < 100_000; number++) {
    queue.push(frame(number));
    queue.take();
    assert.ok(queue.places <= 1300, `${queue.places} places for ${queue.length} frames`);
  }
  assert.equal(queue.length, 600);
});
