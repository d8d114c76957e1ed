/**
 * The registers of x86-64 by number (Intel SDM 2, table 2-2), and what each is for in compiled code.
 */

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
export const R12 = 12;
export const R13 = 13;
export const R14 = 14;
export const R15 = 15;

/** Base of the linear memory: pinned, so that no compiled function ever writes it. */
export const MEMORY_BASE = RBX;

/** A vector register that is never allocated: moves between stack slots go through it. */
export const VECTOR_SCRATCH = 15;

/** What a function leaves as it found it, besides rbx and rsp. */
export const CALLEE_SAVED: readonly number[] = [RBP, R12, R13, R14, R15];

/** What a call may change, besides all vector registers. */
export const CALLER_SAVED: readonly number[] = [RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11];

/** Condition codes as jcc, setcc and cmovcc encode them (Intel SDM 1, appendix B). */
export const enum Condition {
  Overflow = 0,
  NotOverflow = 1,
  Below = 2,
  AboveOrEqual = 3,
  Equal = 4,
  NotEqual = 5,
  BelowOrEqual = 6,
  Above = 7,
  Sign = 8,
  NotSign = 9,
  Parity = 10,
  NotParity = 11,
  Less = 12,
  GreaterOrEqual = 13,
  LessOrEqual = 14,
  Greater = 15,
}

/** The condition that holds exactly when `condition` does not. */
export function inverse(condition: Condition): Condition {
  return condition ^ 1;
}
