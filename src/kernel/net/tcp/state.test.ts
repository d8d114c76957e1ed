import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { next as nextState, State, Event } from "./state";
export function next(state: i32, event: i32): i32 { return nextState(<State>state, <Event>event); }
`;

const STATES =
  "Closed Listen SynSent SynReceived Established FinWait1 FinWait2 CloseWait Closing LastAck TimeWait".split(
    " ",
  );
const EVENTS = "PassiveOpen ActiveOpen Syn SynAck AckOfSyn Fin AckOfFin Close Reset Abort Timeout".split(" ");
const ILLEGAL = 15;

/** Every arrow of RFC 9293, figure 5, and of the text around it. */
const ARROWS = `
Closed PassiveOpen Listen | Closed ActiveOpen SynSent
Listen ActiveOpen SynSent | Listen Syn SynReceived | Listen Close Closed | Listen Abort Closed
SynSent Syn SynReceived | SynSent SynAck Established | SynSent Close Closed
SynReceived AckOfSyn Established | SynReceived Close FinWait1 | SynReceived Fin CloseWait
Established Close FinWait1 | Established Fin CloseWait
FinWait1 AckOfFin FinWait2 | FinWait1 Fin Closing
FinWait2 Fin TimeWait
CloseWait Close LastAck
Closing AckOfFin TimeWait
LastAck AckOfFin Closed
`
  .trim()
  .split(/[|\n]/)
  .map((arrow) => arrow.trim().split(" ") as [string, string, string]);

test("the table has every arrow of RFC 9293 figure 5, the ends, and no other", async () => {
  const kernel = await assemble("net/tcp/state.harness.ts", HARNESS);
  const expected = new Map(ARROWS.map(([from, event, to]) => [`${from} ${event}`, to]));
  for (const state of STATES.slice(STATES.indexOf("SynSent"))) {
    for (const end of ["Reset", "Abort", "Timeout"]) expected.set(`${state} ${end}`, "Closed");
  }
  for (const [from, state] of STATES.entries()) {
    for (const [number, event] of EVENTS.entries()) {
      const to = kernel.next(from, number) as number;
      const name = to === ILLEGAL ? undefined : STATES[to];
      assert.equal(name, expected.get(`${state} ${event}`), `${state} on ${event}`);
    }
  }
});
