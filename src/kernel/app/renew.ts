/**
 * Makes compartments as they were before any request, where an image has many: for the next request or tenant, and
 * after one went down.
 *
 * The root calls this at the top of a turn, when what the last one had to say has left; whoever needs a fresh one at
 * once calls `renew` itself, while nobody stands inside it. Before that every service lets go of what it held
 * (`setRelease`; the root knows the services).
 *
 *   isolation.cpuMs=1000   processor time of a request, or of a tenant in each second; 0: no limit
 */
import { AppEntry, EnterStatus } from "../../abi/entry";
import { findNumber } from "../configuration";
import { restart } from "../cpu/compartment";
import { report, reportNumber } from "../cpu/report";
import { MILLISECOND, now, SECOND } from "../time/clock";
import { anyFallen, CompartmentState, isDown, stateOf, takeFallen } from "./compartments";
import { enterOwner, machineEnds, setRequestLimit } from "./enter";

/** Who hears of a compartment's end, and goes on with it. */
export abstract class Keeper {
  /** Writes who it is, as a report begins. */
  abstract describe(who: u32): void;
  /** It went down, and everything of it is released. */
  abstract lost(who: u32): void;
  /** Renews those that have done their work: whether there were any. */
  abstract tend(): bool;
  abstract waits(): bool;
}

type Release = (who: u32) => void;

let keeper: Keeper = changetype<Keeper>(0);
let release: Release = releaseNothing;
let shareNs: i64 = 0;

function releaseNothing(_who: u32): void {}

export function startRenewals(cpuMs: u32, releaseAll: Release): void {
  shareNs = <i64>findNumber("isolation.cpuMs", cpuMs) * MILLISECOND;
  release = releaseAll;
}

export function setKeeper(one: Keeper): void {
  keeper = one;
}

/** A compartment as it was at first, begun: whether it came through its start. Nobody stands inside it. */
export function renew(who: u32): bool {
  release(who);
  const state = stateOf(who);
  // It goes down quietly, should it in its start: who asked for it hears of it.
  state.fall = EnterStatus.Trapped;
  restart(<i32>who);
  state.wantsEnd = false;
  state.spent = 0;
  state.spentAt = now();
  state.begun = true;
  return begin(who, state);
}

function begin(who: u32, state: CompartmentState): bool {
  state.fall = EnterStatus.Returned;
  enterOwner(who, AppEntry.Start);
  return state.fall == EnterStatus.Returned;
}

/** At the top of a turn: what went down, then what is used up. Whether anything was done. */
export function tendCompartments(): bool {
  let worked = false;
  for (let who = takeFallen(); who >= 0; who = takeFallen()) {
    worked = true;
    // Whoever needed it has begun it anew already.
    if (!isDown(<u32>who)) continue;
    reportFall(<u32>who);
    release(<u32>who);
    keeper.lost(<u32>who);
  }
  return keeper.tend() || worked;
}

/** Whether there is something to tend. */
export function compartmentsWait(): bool {
  return !machineEnds() && (anyFallen() || keeper.waits());
}

function reportFall(who: u32): void {
  const state = stateOf(who);
  keeper.describe(who);
  if (state.wantsEnd) report(" ended itself");
  else if (state.fall == EnterStatus.TimedOut) report(" took too long");
  else report(" went down");
  report(", and begins anew\n");
}

/** What a compartment may have from its beginning on is the share. */
export function limitRequests(): void {
  if (shareNs != 0) setRequestLimit(shareNs);
}

/** Whether a compartment has had more than its share of the last second. */
export function isOverShare(who: u32): bool {
  if (shareNs == 0) return false;
  const state = stateOf(who);
  const passed = now() - state.spentAt;
  state.spentAt = now();
  // Of a share that was not used nothing is kept.
  const earned = passed >= SECOND ? shareNs : (passed * (shareNs / MILLISECOND)) / (SECOND / MILLISECOND);
  state.spent = max<i64>(state.spent - earned, 0);
  return state.spent > shareNs;
}

/** For reports. */
export function describeNumber(who: u32): void {
  report("compartment ");
  reportNumber(who);
}
