/** The `clock` service: both clocks and the app's one alarm. See `src/abi/services.ts`. */
import { AppEntry } from "../../abi/entry";
import { enterApp } from "../app/enter";
import { clockMonotonic, clockRealtime } from "../cpu/platform";
import { arm, disarm, Timer, TimerOwner } from "../time/wheel";

@final
class AlarmOwner extends TimerOwner {
  expired(timer: Timer): void {
    enterApp(AppEntry.Alarm);
  }
}

const timer = changetype<Timer>(memory.data(64, 8));

export function start(): void {
  timer.owner = new AlarmOwner();
}

/** The app is gone. */
export function release(): void {
  disarm(timer);
}

export function monotonic(): i64 {
  return clockMonotonic();
}

export function realtime(): i64 {
  return clockRealtime();
}

export function alarm(deadline: i64): void {
  if (deadline < 0) disarm(timer);
  else arm(timer, deadline);
}
