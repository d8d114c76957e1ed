/**
 * A function's stack frame.
 *
 *   rsp ─► ┌──────────────────────────┐ low
 *          │ outgoing arguments       │  for calls with more than registers hold, and their results
 *          ├──────────────────────────┤
 *          │ slots                    │  16-byte ones first
 *          ├──────────────────────────┤
 *          │ saved registers          │  pushed: only those this function writes
 *          ├──────────────────────────┤
 *          │ return address           │
 *          ├──────────────────────────┤
 *          │ incoming arguments       │  taken off by `ret`
 *          │ stack results            │
 *          └──────────────────────────┘ high
 */
import { CALLEE_SAVED } from "../../../x64/register.ts";

const WORD = 8;
const ALIGNMENT = 16;

export interface Frame {
  readonly saved: readonly number[];
  /** What is subtracted from rsp after the pushes. */
  readonly sizeBytes: number;
  /** From rsp to the slots. */
  readonly slotsOffset: number;
  /** From rsp to the return address. */
  readonly returnOffset: number;
}

export function frameOf(
  usedRegisters: number,
  slotBytes: number,
  outgoingBytes: number,
  hasCalls: boolean,
): Frame {
  const saved = CALLEE_SAVED.filter((physical) => (usedRegisters & (1 << physical)) !== 0);
  let sizeBytes = outgoingBytes + slotBytes;
  // rsp is 8 below a multiple of 16 on entry; slots of 16 bytes and calls want it at one.
  if (hasCalls || sizeBytes > 0) {
    const pushed = WORD + saved.length * WORD;
    sizeBytes = Math.ceil((sizeBytes + pushed) / ALIGNMENT) * ALIGNMENT - pushed;
  }
  return {
    saved,
    sizeBytes,
    slotsOffset: outgoingBytes,
    returnOffset: sizeBytes + saved.length * WORD,
  };
}
