/**
 * Enters the app's compartment, and keeps whether the app is still there.
 *
 * An app that trapped or ran out of time is down: nothing enters it any more until `restart.ts` has made it anew.
 * What would have been told to it is lost with it.
 */
import { APP_COMPARTMENT, AppEntry, EnterStatus } from "../../abi/entry";
import { enter } from "../cpu/compartment";
import { exit } from "../cpu/platform";
import { report } from "../cpu/report";

/** The status of a machine whose app trapped: 128 + SIGABRT, as a shell would show it. */
const TRAPPED_EXIT_STATUS: i32 = 134;
/** As `timeout` ends. */
const TIMED_OUT_EXIT_STATUS: i32 = 124;

/** How the app went down; `Returned` while it is up. */
let fall: EnterStatus = EnterStatus.Returned;
/** The machine ends with this turn: nobody is started again. */
let ending: bool = false;

/** Calls one of the app's entries. Absent entries are no error: the app does not care for the event. */
export function enterApp(entry: AppEntry, a: i32 = 0, b: i32 = 0): void {
  if (appIsDown()) return;
  const status = <EnterStatus>enter(APP_COMPARTMENT, <i32>entry, a, b);
  if (status == EnterStatus.Trapped || status == EnterStatus.TimedOut) fall = status;
}

/** Enters `Start` of a fresh compartment. An app that does not get through it will not the next time either. */
export function startApp(): void {
  fall = EnterStatus.Returned;
  enterApp(AppEntry.Start);
  if (!appIsDown()) return;
  report(fall == EnterStatus.TimedOut ? "the app's start took too long" : "the app trapped in its start");
  report(": the machine ends\n");
  endFallen();
}

export function appIsDown(): bool {
  return fall != EnterStatus.Returned;
}

/** The app is down, and the machine goes on. */
export function appAwaitsRestart(): bool {
  return appIsDown() && !ending;
}

/** Whether the machine ends when it next would sleep. */
export function machineEnds(): bool {
  return ending;
}

/** Ends the machine with this turn. The first status counts. */
export function endMachine(status: i32): void {
  ending = true;
  exit(status);
}

/** Ends the machine for what became of its app. */
export function endFallen(): void {
  endMachine(fall == EnterStatus.TimedOut ? TIMED_OUT_EXIT_STATUS : TRAPPED_EXIT_STATUS);
}
