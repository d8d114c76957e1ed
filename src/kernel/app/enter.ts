/**
 * Enters the app's compartments, and keeps whether each is still there.
 *
 * One that trapped or ran out of time is down: nothing enters it any more until `restart.ts` or `renew.ts` has made it
 * anew. What would have been told to it is lost with it.
 */
import { APP_COMPARTMENT, AppEntry, EnterStatus } from "../../abi/entry";
import { enter, isOverdue } from "../cpu/compartment";
import { clockMonotonic, exit } from "../cpu/platform";
import { report } from "../cpu/report";
import { isDown, isIsolated, noteFall, running, setRunning, stateOf } from "./compartments";

/** The status of a machine whose app trapped: 128 + SIGABRT, as a shell would show it. */
const TRAPPED_EXIT_STATUS: i32 = 134;
/** As `timeout` ends. */
const TIMED_OUT_EXIT_STATUS: i32 = 124;

/** The machine ends with this turn: nobody is started again. */
let ending: bool = false;
/** The first compartment has begun. */
let started: bool = false;
let requestLimit: i64 = i64.MAX_VALUE;

/** Calls one of a compartment's entries. Absent entries are no error: the app does not care for the event. */
export function enterOwner(owner: u32, entry: AppEntry, a: i32 = 0, b: i32 = 0): void {
  if (isDown(owner)) return;
  const outer = setRunning(owner);
  const since = isIsolated() ? clockMonotonic() : 0;
  const status = <EnterStatus>enter(<i32>owner, <i32>entry, a, b);
  setRunning(outer);
  if (status == EnterStatus.Trapped || status == EnterStatus.TimedOut) noteFall(owner, status);
  else if (isIsolated()) noteTime(owner, since);
}

/** Of the only app of an image. */
export function enterApp(entry: AppEntry, a: i32 = 0, b: i32 = 0): void {
  enterOwner(APP_COMPARTMENT, entry, a, b);
}

function noteTime(owner: u32, since: i64): void {
  // One that ended its entry itself, in time, took too long all the same.
  if (isOverdue() != 0) {
    noteFall(owner, EnterStatus.TimedOut);
    return;
  }
  const state = stateOf(owner);
  state.spent += clockMonotonic() - since;
  if (state.wantsEnd) noteFall(owner, EnterStatus.Trapped);
  else if (state.spent > requestLimit && state.open != 0) noteFall(owner, EnterStatus.TimedOut);
}

/** Of a compartment that has a request: processor time in ns from its beginning on. */
export function setRequestLimit(limitNs: i64): void {
  requestLimit = limitNs;
}

/** Enters `Start` of a fresh compartment. An app that does not get through it will not the next time either. */
export function startApp(): void {
  const state = stateOf(APP_COMPARTMENT);
  state.fall = EnterStatus.Returned;
  state.begun = true;
  enterApp(AppEntry.Start);
  started = true;
  if (!appIsDown()) return;
  report(
    state.fall == EnterStatus.TimedOut ? "the app's start took too long" : "the app trapped in its start",
  );
  report(": the machine ends\n");
  endFallen();
}

export function appIsDown(): bool {
  return isDown(APP_COMPARTMENT);
}

/** The app is down, and the machine goes on. */
export function appAwaitsRestart(): bool {
  return appIsDown() && !ending;
}

/** Whether the machine ends when it next would sleep. */
export function machineEnds(): bool {
  return ending;
}

/** An app asks for the end: of the machine, or of its own compartment where there are others. */
export function endByApp(status: i32): void {
  if (isIsolated() && started) stateOf(running).wantsEnd = true;
  else endMachine(status);
}

/** Ends the machine with this turn. The first status counts. */
function endMachine(status: i32): void {
  ending = true;
  exit(status);
}

/** Ends the machine for what became of its app. */
export function endFallen(): void {
  const timedOut = stateOf(APP_COMPARTMENT).fall == EnterStatus.TimedOut;
  endMachine(timedOut ? TIMED_OUT_EXIT_STATUS : TRAPPED_EXIT_STATUS);
}
