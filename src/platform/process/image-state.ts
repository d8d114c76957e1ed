/**
 * What the process platform of an image keeps, besides what all platforms do: offsets in `Place.State`.
 */
import { RENEWED_PAGES_LIMIT } from "../compartment/renewal.ts";
import { Fixed, SYSTEM_STATE } from "../compartment/state.ts";

/** Read-only once start-up is over; u64 each. */
export const enum ImageFixed {
  /** 1: descriptor 4 leads to the launcher. */
  HasControl = Fixed.System,
  /** A `NetKind`. */
  Net = Fixed.System + 8,
  HardwareAddress = Fixed.System + 16,
  ConfigurationBytes = Fixed.System + 24,
  /** Address of the system's clock_gettime; 0: a system call does that. */
  ClockFunction = Fixed.System + 32,
  /** Of many compartments: what their memories begin with, contexts first, for reading alone (`renewal.ts`). */
  InitialView = Fixed.System + 40,
  /** What the kernel is told of the network: a `NetDevice`. */
  NetDevice = Fixed.System + 48,
}

export const enum NetKind {
  None = 0,
  /** Descriptor 3 is a stream of frames, each after its length as u32 big-endian. */
  Socket = 1,
  /** Descriptor 3 is a TAP device. */
  Tap = 2,
}

export const CONSOLE_ERRORS = 2;
export const NET_DESCRIPTOR = 3;
export const CONTROL_DESCRIPTOR = 4;
/** Of an image of many compartments: which pages are its own. */
export const PAGE_MAP_DESCRIPTOR = 5;

export const PAGE_BYTES = 4096;
export const CONFIGURATION_LIMIT = 64 * 1024;
/** Longer ones are no frames: the other side is broken. */
export const FRAME_LIMIT = 65_550;
export const RECEIVED_LIMIT = 256 * 1024;
/** What waits is sent at `idle`, and when this much does. */
export const SENT_FROM = 64 * 1024;
export const SENT_LIMIT = 2 * SENT_FROM + FRAME_LIMIT;
export const SIGNAL_STACK_BYTES = 64 * 1024;

let next = SYSTEM_STATE;
function take(sizeBytes: number, alignment = 16): number {
  const offset = (next + alignment - 1) & -alignment;
  next = offset + sizeBytes;
  return offset;
}

/** Structures on their way to the system. */
export const SCRATCH = take(128);
/** u64 each: bounds of what was received and not taken yet; 1: the socket had no more; 1: it has ended. */
export const RECEIVED_START = take(8);
export const RECEIVED_END = take(8);
export const DRAINED = take(8);
export const NET_ENDED = take(8);
/** Of a TAP device: frames since the last sleep, and sleeps after which one is taken for all there are. */
export const TAP_FRAMES = take(8);
export const TAP_LONE = take(8);
/** u64: the time that the alarm is set to, in ns (`alarm.ts`). */
export const ALARM = take(8);
/** Bounds of what waits to be sent. */
export const SENT_START = take(8);
export const SENT_END = take(8);
/** Of `renewal.ts`: how often; a byte and an entry of the system's map for each page. */
export const RENEWALS = take(8);
export const PAGE_LIVES = take(RENEWED_PAGES_LIMIT);
export const PAGE_MAP = take(RENEWED_PAGES_LIMIT * 8);
export const SIGNAL_STACK = take(SIGNAL_STACK_BYTES);
export const RECEIVED = take(RECEIVED_LIMIT);
export const SENT = take(SENT_LIMIT);
/** Read-only, too, once start-up is over. */
export const CONFIGURATION = take(CONFIGURATION_LIMIT, PAGE_BYTES);
export const IMAGE_STATE_BYTES = next - SYSTEM_STATE;
