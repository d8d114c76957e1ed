/** Where a value is once registers are assigned, as one number, and how it gets from one place to another. */
import type { Value } from "../../ir/graph.ts";

/** Stack slots follow the 32 physical registers: FIRST_SLOT + bytes above the slots' area. */
export const FIRST_SLOT = 64;
/** On top of the stack, pushed there to break a cycle. */
export const SAVED = 32;

export function isSlot(place: number): boolean {
  return place >= FIRST_SLOT;
}

export interface Transfer {
  from: number;
  to: number;
  readonly isVector: boolean;
  /** How much of the source is good; the rest of a register's 8 bytes is 0, of a slot's unknown. */
  readonly fromBytes: number;
  readonly toBytes: number;
  /** Instead of `from`. */
  readonly constant: Value | undefined;
}
