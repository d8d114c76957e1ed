import test from "node:test";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { NEVER } from "../abi/platform.ts";
import { Turns } from "./turns.ts";

const MS = 1_000_000n;
const now = () => process.hrtime.bigint();

/** Rounds of the event loop, more than any turn here takes: however slow the machine is. */
async function rounds(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise((resolve) => setImmediate(resolve));
}

test("many wakes in one round make one turn", async () => {
  let begun = 0;
  let turned = 0;
  const turns = new Turns(
    () => begun++,
    () => (turned++, NEVER),
    now,
  );
  for (let index = 0; index < 100; index++) turns.wake();
  await rounds();
  assert.deepEqual([begun, turned], [1, 1]);
  turns.wake();
  await rounds();
  assert.deepEqual([begun, turned], [2, 2]);
  turns.stop();
});

test("a deadline brings a turn, not much before and not never; without one nothing runs", async () => {
  const started = now();
  const at: bigint[] = [];
  const turns = new Turns(
    () => {},
    () => {
      at.push(now() - started);
      return at.length === 1 ? started + 50n * MS : NEVER;
    },
    now,
  );
  turns.wake();
  while (at.length < 2) await sleep(5);
  await sleep(60);
  assert.equal(at.length, 2);
  assert.ok(at[1]! >= 48n * MS, `early: ${at[1]}`);
  turns.stop();
});

test("what settles is called once, after the turn, and what it wakes comes in the next", async () => {
  const order: string[] = [];
  const turns = new Turns(
    () => {},
    () => {
      order.push("turn");
      return NEVER;
    },
    now,
  );
  turns.atEnd({
    settle: () => {
      order.push("settle");
      if (order.length < 4) turns.wake();
    },
  });
  await rounds();
  assert.deepEqual(order, ["turn", "settle", "turn"]);
  turns.stop();
});

test("after stop nothing runs", async () => {
  let turned = 0;
  const turns = new Turns(
    () => {},
    () => (turned++, now()),
    now,
  );
  turns.wake();
  turns.stop();
  turns.wake();
  await rounds();
  assert.equal(turned, 0);
});
