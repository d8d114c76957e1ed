/**
 * The turn's time: read from the platform once a turn, so that everything in a turn agrees on it and no packet
 * pays for a clock call.
 */
import { clockMonotonic } from "../cpu/platform";

export const MILLISECOND: i64 = 1_000_000;
export const SECOND: i64 = 1_000_000_000;

let turnTime: i64 = 0;

/** Monotonic time in ns as of the start of this turn. */
export function now(): i64 {
  return turnTime;
}

/** Reads the platform's clock for a new turn. A clock that goes back is held. */
export function startTurn(): void {
  const time = clockMonotonic();
  if (time > turnTime) turnTime = time;
}
