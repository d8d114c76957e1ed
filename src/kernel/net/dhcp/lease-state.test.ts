import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { stepLease } from "./lease-state";
export function step(state: i32, event: i32): u32 { return stepLease(state, event); }
`;
const STATES = ["init", "selecting", "requesting", "bound", "renewing", "rebinding"];
const EVENTS = [
  "begun",
  "offered",
  "acknowledged",
  "refused",
  "timedOut",
  "gaveUp",
  "renewalDue",
  "rebindingDue",
  "expired",
];
const EFFECTS: readonly (readonly [number, string])[] = [
  [0x08, "discover"],
  [0x10, "request"],
  [0x20, "configure"],
  [0x40, "withdraw"],
  [0x80, "afresh"],
];

/** RFC 2131 figure 5: all arrows; every other answer of a server is ignored. */
const ARROWS = [
  "init begun -> selecting discover afresh",
  "selecting offered -> requesting request afresh",
  "selecting timedOut -> selecting discover",
  "requesting acknowledged -> bound configure",
  "requesting refused -> selecting discover afresh",
  "requesting timedOut -> requesting request",
  "requesting gaveUp -> selecting discover afresh",
  "bound renewalDue -> renewing request afresh",
  "renewing acknowledged -> bound configure",
  "renewing refused -> selecting discover withdraw afresh",
  "renewing timedOut -> renewing request",
  "renewing rebindingDue -> rebinding request afresh",
  "rebinding acknowledged -> bound configure",
  "rebinding refused -> selecting discover withdraw afresh",
  "rebinding timedOut -> rebinding request",
  "rebinding expired -> selecting discover withdraw afresh",
];

test("the table has the standard's arrows, ignores stray answers, and stops at impossible events", async () => {
  const platform = {
    panic: () => {
      throw new Error("impossible");
    },
  };
  const { step } = await assemble("net/dhcp/lease-state.harness.ts", HARNESS, { platform });
  const arrows: string[] = [];
  STATES.forEach((state, from) => {
    EVENTS.forEach((event, index) => {
      const known = ARROWS.some((arrow) => arrow.startsWith(`${state} ${event} `));
      const fromServer = index >= 1 && index <= 3;
      if (!known && !fromServer) {
        assert.throws(() => step(from, index), /impossible/, `${state} ${event}`);
        return;
      }
      const result = step(from, index) as number;
      const effects = EFFECTS.filter(([bit]) => (result & bit) !== 0).map(([, name]) => name);
      if (known) arrows.push(`${state} ${event} -> ${[STATES[result & 7], ...effects].join(" ")}`);
      else assert.equal(result, from, `${state} ${event} is ignored`);
    });
  });
  assert.deepEqual(arrows, ARROWS);
});
