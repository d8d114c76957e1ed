import test from "node:test";
import assert from "node:assert/strict";
import type { Machine } from "../targets/target.ts";
import { whenListening } from "./listening.ts";

const FORWARD = { hostAddress: "127.0.0.1", hostPort: 3000, guestPort: 80 };

/** What is told of a machine that gives these answers, one after the other, and then ends; and how long was waited. */
async function told(answers: readonly boolean[]): Promise<{ said: string[]; pauses: number[] }> {
  let end: (status: number) => void = () => {};
  const exited = new Promise<number>((resolve) => (end = resolve));
  const rest = [...answers];
  const machine = {
    exited,
    answers(port: number): Promise<boolean> {
      assert.equal(port, FORWARD.guestPort);
      const answer = rest.shift();
      if (answer === undefined || rest.length === 0) end(0);
      return answer === undefined ? new Promise<boolean>(() => {}) : Promise.resolve(answer);
    },
  } as unknown as Machine;
  const said: string[] = [];
  const pauses: number[] = [];
  const listener = { listens: () => void said.push("listens"), isSilent: () => void said.push("silent") };
  await whenListening(machine, [FORWARD], listener, async (ms) => void pauses.push(ms));
  said.push("known");
  await exited;
  await new Promise(setImmediate);
  return { said, pauses };
}

test("a port that is listened to is told at once, that of a program that ends is not", async () => {
  assert.deepEqual(await told([true]), { said: ["listens", "known"], pauses: [] });
  assert.deepEqual(await told([]), { said: ["known"], pauses: [] });
});

test("who listens later is told then, and long silence once", async () => {
  const { said, pauses } = await told([false, false, false, true]);
  assert.deepEqual(said, ["known", "listens"]);
  assert.deepEqual(pauses, [50, 100, 200]);
  const late = await told([...Array<boolean>(9).fill(false), true]);
  assert.deepEqual(late.said, ["known", "silent", "listens"]);
  assert.equal(Math.max(...late.pauses), 1600);
});
