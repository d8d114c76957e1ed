import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../tools/assembly-test.ts";

const HARNESS = `
import { arm, disarm, expire, nextDeadline, Timer, TimerOwner, TIMER_SIZE } from "./wheel";
import { reserve } from "../memory/arena";
declare function fired(user: u32): void;
class Owner extends TimerOwner { expired(timer: Timer): void { fired(<u32>timer.user); } }
const owner = new Owner();
let base: usize = 0;
export function start(count: u32): void {
  base = reserve(TIMER_SIZE * count);
  for (let i: u32 = 0; i < count; i++) { const t = at(i); t.owner = owner; t.user = i; }
}
function at(index: u32): Timer { return changetype<Timer>(base + TIMER_SIZE * index); }
export function armAt(index: u32, deadline: i64): void { arm(at(index), deadline); }
export function disarmAt(index: u32): void { disarm(at(index)); }
export function place(index: u32): usize { return changetype<usize>(at(index)); }
export { expire, nextDeadline };
`;
const TICK = 2 ** 20;

async function wheel(count: number) {
  const fired: number[] = [];
  const kernel = await assemble("time/wheel.harness.ts", HARNESS, {
    "wheel.harness": { fired: (user: number) => fired.push(user) },
  });
  kernel.start(count);
  return { kernel, fired };
}

function random(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

test("random timers fire in their tick, never early, and disarmed ones never", async () => {
  const count = 2000;
  const { kernel, fired } = await wheel(count);
  const next = random(7);
  const due: number[] = [];
  for (let index = 0; index < count; index++) {
    const deadline = Math.floor(next() ** 4 * 3e14);
    due.push(deadline);
    kernel.armAt(index, BigInt(deadline));
  }
  const removed = new Set<number>();
  for (let index = 0; index < count; index += 7) {
    kernel.disarmAt(index);
    removed.add(index);
  }
  let steps = 0;
  for (;;) {
    const deadline = kernel.nextDeadline() as bigint;
    if (deadline === 0x7fffffffffffffffn) break;
    const before = fired.length;
    kernel.expire(deadline);
    for (const index of fired.slice(before)) {
      assert.ok(Number(deadline) >= due[index]!, "early");
      assert.ok(Number(deadline) - due[index]! <= 2 * TICK, `late by ${Number(deadline) - due[index]!} ns`);
    }
    assert.ok(++steps < 20 * count, "the wheel makes progress");
  }
  assert.equal(fired.length, count - removed.size);
  assert.equal(new Set(fired).size, fired.length);
  assert.ok(fired.every((index) => !removed.has(index)));
});

test("one jump over empty time fires everything due", async () => {
  const { kernel, fired } = await wheel(3);
  kernel.armAt(0, 1_000_000n);
  kernel.armAt(1, 3_600_000_000_000n);
  kernel.armAt(2, 1_000_000_000_000_000n);
  kernel.expire(7_200_000_000_000n);
  assert.deepEqual(fired, [0, 1]);
});

test("ten thousand timers that are not due cost nothing: a turn touches none of them", async () => {
  const idle = 10_000;
  const { kernel, fired } = await wheel(1 + idle);
  const hour = 3_600_000_000_000n;
  for (let index = 1; index <= idle; index++) kernel.armAt(index, hour + BigInt(index));
  const timers = new Uint8Array(
    kernel.memory.buffer,
    kernel.place(1) as number,
    (kernel.place(2) - kernel.place(1)) * idle,
  );
  const kept = timers.slice();
  timers.fill(0xff); // who follows a pointer of theirs leaves the memory
  let time = 0n;
  for (let turn = 0; turn < 1000; turn++) {
    kernel.armAt(0, time + 3_000_000n);
    time += 5_000_000n;
    kernel.expire(time);
  }
  assert.equal(fired.length, 1000);
  assert.throws(
    () => kernel.expire(hour + 5_000_000n),
    WebAssembly.RuntimeError,
    "control: when they are due",
  );
  assert.notDeepEqual(kept, timers);
});
