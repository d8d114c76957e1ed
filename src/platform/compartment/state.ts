/**
 * What the code between compartments keeps: offsets in `Place.State`.
 *
 *   0      Fixed   written by start-up, read-only once it is over: bases, bounds, limits
 *   4096   Live    what runs, what it has lent, the last fault; then the text of a record, the stack of `trap`
 *   END    the platform's own
 *
 * A compartment has a record in both. One register points at both, `Place.State` + number * RECORD_BYTES, and is what
 * `Live.Current` holds. Where there are more than fit, both arrays lie behind everything else (`placeRecords`).
 */
import { KINDS_LIMIT } from "./plan.ts";

export const FIXED_BYTES = 4096;
export const RECORD_BYTES = 32;

export const enum Fixed {
  /**
   * u64: ticks that one entry from the kernel's outermost level may run; pages that an app's memory may have, 0: as many
   * as its type says; ticks after which an app that asks is told that its time is over.
   */
  TickLimit = 0,
  AppPages = 8,
  AllowedTicks = 16,
  /** Of the kernel: a `StackBounds`, and the base of its memory. */
  Kernel = 64,
  /** A record a compartment. */
  Compartments = 1024,
  /** The platform's own, up to `FIXED_BYTES`. */
  System = 3072,
}

/** Of a native stack: u64 addresses of the guard's first byte, the stack's first, one past its last. */
export const enum StackBounds {
  Guard = 0,
  Start = 8,
  End = 16,
  /** Behind it, in a `Fixed` record: base of the memory. */
  Memory = 24,
}

/** u64 each, at these offsets. */
export const enum Live {
  /** The compartment that was entered last and has not returned: its record; 0 while the kernel alone runs. */
  Current = 4096,
  /** rsp of the kernel where it entered `Current`: the frame of `enter.ts`. */
  KernelStack = 4104,
  /** Entries from the outermost level so far; as the last tick saw it; ticks since it changed. */
  Entries = 4112,
  SeenEntries = 4120,
  Ticks = 4128,
  /** `trap` runs. */
  Trapping = 4144,
  /** 1 once `exit` was called, and the status of the first call. */
  HasExit = 4152,
  ExitStatus = 4160,
  /** Lent by the running service call: two ranges to read, two to write; each u32 pointer, u32 length. 16-aligned. */
  Lends = 4176,
  /** A fault, as `Fault`. */
  Fault = 4208,
  /** A record a compartment: `Control`. */
  Controls = 5120,
}
export const LENDS_BYTES = 32;

/** From `Live.Fault`, u64 each. */
export const enum Fault {
  InstructionPointer = 0,
  StackPointer = 8,
  MemoryBase = 16,
  /** Of a page fault: what was accessed. */
  Address = 24,
  Cause = 32,
}

/** Processor vectors, and what is none. */
export const enum Cause {
  Divide = 0,
  InvalidOpcode = 6,
  Protection = 13,
  PageFault = 14,
  Abort = 0x100,
  TimeLimit = 0x101,
  OutOfMemory = 0x102,
  StackExhausted = 0x103,
}

/** Of a compartment, in `Live`; u64 each. */
export const enum Control {
  /** rsp where its code called a service; the end of its stack while it is not entered. */
  Stack = 0,
  /** 0, or the `EnterStatus` that its last entry ended with: `Trapped`, `TimedOut`, `Suspended`. */
  Status = 8,
  /** Entries that have not returned. */
  Depth = 16,
  /** `Waiting` bits: what the gate of the service call that it waits for has to do instead of returning. */
  Waiting = 24,
}

/** Of `Control.Waiting`. */
export const enum Waiting {
  /** The service called `suspend`. */
  Suspended = 1,
  /** A tick found the compartment's time over while the kernel served it. */
  Overdue = 2,
}

const CONTROLS_END = Live.Controls + KINDS_LIMIT * RECORD_BYTES;
/** A record's text. */
export const TEXT = CONTROLS_END;
export const TEXT_BYTES = 8192;
const TRAP_STACK_BYTES = 8192;
export const TRAP_STACK_END = TEXT + TEXT_BYTES + TRAP_STACK_BYTES;
/** The first byte of the system's own state; a multiple of 16. */
export const SYSTEM_STATE = TRAP_STACK_END;

/** Where the compartments' records are, in `Place.State`: of compartment 0. */
export interface RecordPlaces {
  readonly fixed: number;
  readonly controls: number;
  /** Bytes from `fixed` on that become read-only on their own; 0: they are of `FIXED_BYTES`. */
  readonly sealedBytes: number;
  /** All of the state. */
  readonly end: number;
}

const PAGE_BYTES = 4096;

/** `systemEnd`: of everything else. */
export function placeRecords(count: number, systemEnd: number): RecordPlaces {
  if (count <= KINDS_LIMIT) {
    return { fixed: Fixed.Compartments, controls: Live.Controls, sealedBytes: 0, end: systemEnd };
  }
  const fixed = (systemEnd + PAGE_BYTES - 1) & -PAGE_BYTES;
  const sealedBytes = (count * RECORD_BYTES + PAGE_BYTES - 1) & -PAGE_BYTES;
  const controls = fixed + sealedBytes;
  return { fixed, controls, sealedBytes, end: controls + count * RECORD_BYTES };
}
