/** The platform's own read-write data: offsets in `Place.State`. */
import { Answer, SLOT_BYTES, SLOTS_LIMIT } from "./protocol.ts";

/** A fault's frame with every vector register is some 3 KiB today, and grows with the processors. */
const SIGNAL_STACK_BYTES = 64 * 1024;
const LOOP_STACK_BYTES = 4096;

export const enum State {
  /** Addresses in the native stack's mapping: the guard's first byte, the stack's first byte, one past its last. */
  GuardStart = 0,
  StackStart = 8,
  StackEnd = 16,
  /** u64: 1 while compiled code runs, so that a fault is the program's. */
  Active = 24,
  /** A `stack_t` or a `struct kernel_sigaction` on its way to the kernel. */
  Scratch = 32,
  Request = 64,
  /** The slots follow, so that one write sends both. */
  Answer = 128,
}

export const SLOTS = State.Answer + Answer.Size;
export const SIGNAL_STACK = SLOTS + SLOTS_LIMIT * SLOT_BYTES;
/** The command loop runs on its own stack: what a fault left on the program's is shown to the session. */
export const LOOP_STACK_END = SIGNAL_STACK + SIGNAL_STACK_BYTES + LOOP_STACK_BYTES;
export const STATE_BYTES = LOOP_STACK_END;
export { SIGNAL_STACK_BYTES };
