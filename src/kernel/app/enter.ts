/**
 * Enters the app's compartment and decides what its end means for the machine.
 */
import { APP_COMPARTMENT, AppEntry, EnterStatus } from "../../abi/entry";
import { enter } from "../cpu/compartment";
import { exit } from "../cpu/platform";

/** The status of a machine whose app trapped: 128 + SIGABRT, as a shell would show it. */
const TRAPPED_EXIT_STATUS: i32 = 134;

/** Calls one of the app's entries. Absent entries are no error: the app does not care for the event. */
export function enterApp(entry: AppEntry, a: i32 = 0, b: i32 = 0): void {
  if (enter(APP_COMPARTMENT, <i32>entry, a, b) == EnterStatus.Trapped) exit(TRAPPED_EXIT_STATUS);
}
