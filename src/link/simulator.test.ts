import test from "node:test";
import assert from "node:assert/strict";
import { EventQueue } from "./event-queue.ts";
import { seededRandom } from "./random.ts";
import { Simulator } from "./simulator.ts";

test("events happen in the order of their times, equal times in the order they were added", () => {
  const random = seededRandom(9);
  const queue = new EventQueue();
  const happened: number[] = [];
  const expected: [number, number][] = [];
  for (let index = 0; index < 3000; index++) {
    const time = Math.floor(random() * 200);
    expected.push([time, index]);
    queue.add(BigInt(time), () => happened.push(index));
  }
  for (let event = queue.take(1000n); event !== undefined; event = queue.take(1000n)) event.work();
  expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  assert.deepEqual(
    happened,
    expected.map(([, index]) => index),
  );
});

test("time moves to each event and stops at the limit", () => {
  const simulator = new Simulator();
  const start = simulator.now();
  const times: bigint[] = [];
  for (const delay of [5n, 1n, 100n]) simulator.after(delay, () => times.push(simulator.now() - start));
  assert.equal(
    simulator.run(() => false, 50n),
    false,
  );
  assert.deepEqual(times, [1n, 5n]);
  assert.equal(
    simulator.run(() => times.length === 3, 200n),
    true,
  );
});

test("a cable takes its delay and the time that its bandwidth asks, frame by frame", () => {
  const simulator = new Simulator();
  const [near, far] = simulator.cable({ delayNs: 1_000_000n, bitsPerSecond: 8e6 });
  const start = simulator.now();
  const arrivals: bigint[] = [];
  far.onArrival(() => {
    arrivals.push(simulator.now() - start);
    far.receive();
  });
  near.send(new Uint8Array(976));
  near.send(new Uint8Array(976));
  simulator.run(() => false, 10n ** 10n);
  assert.deepEqual(arrivals, [2_000_000n, 3_000_000n]);
});

test("a full cable drops, as a router would", () => {
  const simulator = new Simulator();
  const [near, far] = simulator.cable({ delayNs: 1000n, frameLimit: 3 });
  for (let count = 0; count < 10; count++) near.send(new Uint8Array(60));
  simulator.run(() => false, 10n ** 10n);
  let arrived = 0;
  while (far.receive() !== undefined) arrived++;
  assert.equal(arrived, 3);
});
