/**
 * A compartment for every request: a pool of fresh ones, renewed when their response has ended.
 *
 *   never used ──► ready ──► has a request ──► used ──┐
 *                    ▲                                │  at the top of the next turn
 *                    └────────────── renew ───────────┘
 *
 * A compartment that was never used is begun when no other one is ready, so the pool is as large as the most requests
 * at a time have been. Beyond its limit requests wait with their streams.
 */
import { Keeper, describeNumber, limitRequests, renew, setKeeper } from "../app/renew";
import { compartments, isDown } from "../app/compartments";
import { reserve } from "../memory/arena";
import { Connection } from "./connection";
import { Dispatcher, setDispatcher, takeWaiting } from "./dispatch";
import { resumeHeads } from "./successor";
import { Verdict } from "./verdict";

let ready: usize = 0;
let readyCount: u32 = 0;
let used: usize = 0;
let usedCount: u32 = 0;
/** That did not come through their start: they are tried again when no other is left. */
let spare: usize = 0;
let spareCount: u32 = 0;
/** The first that was never used. The first of all is begun at boot. */
let unused: u32 = 1;

function placeOf(list: usize, index: u32): usize {
  return list + <usize>index * sizeof<u32>();
}

class ByRequest extends Dispatcher {
  isReady(): bool {
    return readyCount != 0 || unused < compartments() || spareCount != 0;
  }

  choose(_connection: Connection): i32 {
    while (readyCount != 0) {
      const who = load<u32>(placeOf(ready, --readyCount));
      if (!isDown(who)) return <i32>who;
      addUsed(who); // its own timer did it
    }
    if (unused == compartments() && spareCount == 0) return -(<i32>Verdict.Unavailable);
    const who = unused < compartments() ? unused++ : load<u32>(placeOf(spare, --spareCount));
    if (renew(who)) return <i32>who;
    addSpare(who);
    return -(<i32>Verdict.InternalError);
  }

  answered(_who: u32): void {}

  ended(who: u32): void {
    addUsed(who);
  }
}

class RequestKeeper extends Keeper {
  describe(who: u32): void {
    describeNumber(who);
  }

  /** Its request was failed with it, and so it is among the used. */
  lost(_who: u32): void {}

  tend(): bool {
    const count = usedCount;
    usedCount = 0;
    for (let index: u32 = 0; index < count; index++) {
      const who = load<u32>(placeOf(used, index));
      if (renew(who)) store<u32>(placeOf(ready, readyCount++), who);
      else addSpare(who);
    }
    if (count != 0 && takeWaiting()) resumeHeads();
    return count != 0;
  }

  waits(): bool {
    return usedCount != 0;
  }
}

function addUsed(who: u32): void {
  store<u32>(placeOf(used, usedCount++), who);
}

function addSpare(who: u32): void {
  store<u32>(placeOf(spare, spareCount++), who);
}

export function startByRequest(): void {
  const bytes = <usize>compartments() * sizeof<u32>();
  ready = reserve(bytes);
  used = reserve(bytes);
  spare = reserve(bytes);
  store<u32>(ready, 0);
  readyCount = 1;
  limitRequests();
  setKeeper(new RequestKeeper());
  setDispatcher(new ByRequest());
}
