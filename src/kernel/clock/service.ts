/** The `clock` service: both clocks and each app's one alarm. See `src/abi/services.ts`. */
import { AppEntry } from "../../abi/entry";
import { compartments, running } from "../app/compartments";
import { enterOwner } from "../app/enter";
import { clockMonotonic, clockRealtime } from "../cpu/platform";
import { reserve } from "../memory/arena";
import { arm, disarm, Timer, TIMER_SIZE, TimerOwner } from "../time/wheel";

@final
class AlarmOwner extends TimerOwner {
  expired(timer: Timer): void {
    enterOwner(<u32>timer.user, AppEntry.Alarm);
  }
}

/** One a compartment. */
let timers: usize = 0;
let owner: TimerOwner = changetype<TimerOwner>(0);

export function start(): void {
  timers = reserve(<usize>compartments() * TIMER_SIZE);
  owner = new AlarmOwner();
}

function timerOf(who: u32): Timer {
  return changetype<Timer>(timers + <usize>who * TIMER_SIZE);
}

/** The app is gone. */
export function release(who: u32): void {
  disarm(timerOf(who));
}

export function monotonic(): i64 {
  return clockMonotonic();
}

export function realtime(): i64 {
  return clockRealtime();
}

export function alarm(deadline: i64): void {
  const timer = timerOf(running);
  timer.owner = owner;
  timer.user = running;
  if (deadline < 0) disarm(timer);
  else arm(timer, deadline);
}
