/** The `app` service: what every image has. See `src/abi/services.ts`. */
import { copyOut, isOverdue as isEntryOverdue } from "../cpu/compartment";
import { nextWithPrefix, valueLength, valuePointer } from "../configuration";
import { endByApp } from "./enter";

const PREFIX = "env.";
const newline = memory.data<u8>([0x0a]);

export function start(): void {}

export function exit(status: i32): void {
  endByApp(status);
}

/** Whether the running entry has had its processor time. */
export function isOverdue(): i32 {
  return isEntryOverdue();
}

/** Copies `NAME=value` lines: their whole length, of which at most `length` bytes were copied. */
export function environment(appPointer: usize, length: u32): i32 {
  let total: u32 = 0;
  for (let line = nextWithPrefix(0, PREFIX); line != 0; line = nextWithPrefix(line, PREFIX)) {
    total += give(appPointer, length, total, valuePointer, valueLength);
    total += give(appPointer, length, total, newline, 1);
  }
  return total;
}

/** Copies what still fits at offset `at`; answers the source's whole length. */
function give(appPointer: usize, capacity: u32, at: u32, source: usize, count: u32): u32 {
  if (at < capacity) copyOut(appPointer + at, source, min(count, capacity - at));
  return count;
}
