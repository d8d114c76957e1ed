import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { stepNeighbour } from "./neighbour-state";
export function step(state: i32, event: i32): u32 { return stepNeighbour(state, event); }
`;
const STATES = ["free", "incomplete", "reachable", "aged", "probing"];
const EVENTS = ["wanted", "heard", "heardOther", "timedOut", "gaveUp"];
const [ASK_ALL, ASK_KNOWN, LEARN, DROP] = [0x08, 0x10, 0x20, 0x40];

test("no sequence of events learns without hearing, nor takes a stranger's word while a neighbour is known", async () => {
  const { step } = await assemble("net/ip/neighbour-state.harness.ts", HARNESS);
  STATES.forEach((state, from) => {
    EVENTS.forEach((event, index) => {
      const result = step(from, index) as number;
      const pair = `${state} ${event}`;
      const to = STATES[result & 7];
      assert.notEqual(to, undefined, pair);
      if ((result & LEARN) !== 0) {
        assert.ok(event === "heard" || (event === "heardOther" && state === "incomplete"), pair);
        assert.equal(to, "reachable", pair);
      }
      assert.equal((result & ASK_KNOWN) !== 0 && to !== "probing", false, pair);
      assert.equal((result & ASK_ALL) !== 0 && to !== "incomplete", false, pair);
      assert.equal((result & DROP) !== 0, state === "incomplete" && event === "gaveUp", pair);
    });
  });
});

test("silence ends every question", async () => {
  const { step } = await assemble("net/ip/neighbour-state.harness.ts", HARNESS);
  const gaveUp = EVENTS.indexOf("gaveUp");
  const probing = step(STATES.indexOf("probing"), gaveUp) as number;
  assert.equal(STATES[probing & 7], "incomplete");
  assert.equal(STATES[step(probing & 7, gaveUp) & 7], "free");
});
