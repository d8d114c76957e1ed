/**
 * Memory that devices may read and write: one range, pinned to physical memory while the kernel starts.
 *
 *   | rings, requests: taken one by one | the rest: chunks |
 *
 * How much of it there is depends on the machine. Whatever a device was once offered stays the device's until it is
 * known to be done with it: a range is never taken back from a device that broke the rules.
 */
import { panic } from "../cpu/panic";
import { pin } from "../cpu/device";
import { reserve } from "./arena";
import { CHUNK_SIZE, startChunksAt } from "./chunk";

const PAGE: usize = 4096;
/** For the rings and requests of all drivers. */
const FRONT_BYTES: usize = 16384;
/** What can be asked for: 1 GiB. */
const CHUNKS_LIMIT: u32 = 0x8_0000;
/** Below that a network would stand still at once. */
const FEWEST_CHUNKS: usize = 64;

let next: usize = 0;
let rest: usize = 0;
let end: usize = 0;

/** Pins room for rings and, if the machine has that much, `restBytes` beside them. Once, before any driver starts. */
export function startPinned(restBytes: usize): void {
  const wanted = (FRONT_BYTES + restBytes + PAGE - 1) & ~(PAGE - 1);
  next = (reserve(wanted + PAGE - 1) + PAGE - 1) & ~(PAGE - 1);
  rest = next + FRONT_BYTES;
  end = next + <usize>min<u32>(pin(next, <u32>wanted), <u32>wanted);
  if (end < rest) panic("memory: none is left for devices; give the machine more memory");
}

/** Takes zeroed bytes from the front; 0: there are none left. `alignment` is a power of two. */
export function takePinned(sizeBytes: usize, alignment: usize): usize {
  const start = (next + alignment - 1) & ~(alignment - 1);
  if (start + sizeBytes > rest) return 0;
  next = start + sizeBytes;
  memory.fill(start, 0, sizeBytes);
  return start;
}

/** Pins, and has the chunk pool in the rest: `limit` chunks, or what the machine can pin. */
export function startPinnedChunks(limit: u32): void {
  startPinned(<usize>min(limit, CHUNKS_LIMIT) * CHUNK_SIZE);
  if (end - rest < FEWEST_CHUNKS * CHUNK_SIZE)
    panic("memory: too little for a network; give the machine more");
  startChunksAt(rest, end - rest);
}
