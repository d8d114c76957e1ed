/**
 * Starts an app again that went down, as often as the configuration allows.
 *
 *   app.restarts=8   in any 60 s; 0: never
 *
 * The root calls this at the top of a round, when nobody stands inside the app, and between `mayRestart` and
 * `restartApp` has every service release what the app held (`image/kernel-source.ts`).
 *
 * Owns:   the times of the last restarts.
 * Tests:  src/targets/node/restart.test.ts
 */
import { APP_COMPARTMENT } from "../../abi/entry";
import { findNumber } from "../configuration";
import { restart } from "../cpu/compartment";
import { report, reportNumber } from "../cpu/report";
import { reserve } from "../memory/arena";
import { now, SECOND } from "../time/clock";
import { appAwaitsRestart, endFallen, startApp } from "./enter";

const RESTARTS: u32 = 8;
const RESTARTS_LIMIT: u32 = 1000;
const SPAN_SECONDS: u32 = 60;

let limit: u32 = 0;
/** A ring of `limit` times; the oldest stands at `restarts % limit` once it is full. */
let times: usize = 0;
let restarts: u32 = 0;

export function startRestarts(): void {
  limit = min(findNumber("app.restarts", RESTARTS), RESTARTS_LIMIT);
  times = reserve(<usize>limit * sizeof<i64>());
}

/** Whether the app is down and is to be started again. If that happened too often, the machine ends instead. */
export function mayRestart(): bool {
  if (!appAwaitsRestart()) return false;
  if (recentRestarts() < limit) return true;
  report("the app went down again after ");
  reportNumber(limit);
  report(" restarts in ");
  reportNumber(SPAN_SECONDS);
  report(" s: the machine ends\n");
  endFallen();
  return false;
}

export function restartApp(): void {
  store<i64>(timeAt(restarts), now());
  restarts++;
  report("the app is started again, restart ");
  reportNumber(recentRestarts());
  report(" of at most ");
  reportNumber(limit);
  report(" in ");
  reportNumber(SPAN_SECONDS);
  report(" s\n");
  restart(APP_COMPARTMENT);
  startApp();
}

/** Restarts within the span that ends now; of those that the ring holds. */
function recentRestarts(): u32 {
  const oldest = restarts - min(restarts, limit);
  let count: u32 = 0;
  for (let number = restarts; number != oldest; number--) {
    if (now() - load<i64>(timeAt(number - 1)) >= <i64>SPAN_SECONDS * SECOND) break;
    count++;
  }
  return count;
}

function timeAt(number: u32): usize {
  return times + <usize>(number % limit) * sizeof<i64>();
}
