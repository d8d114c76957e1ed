/**
 * The engine's heap: which functions allocate, and when garbage is looked for.
 *
 * Values that nobody refers to are freed at once; what refers to itself in a circle is found by the engine's collector,
 * which walks over every object. It runs as an object is made while the heap's bytes are past a threshold, which it then
 * sets to one and a half of what it leaves. Here that becomes at least `LEAST_GARBAGE` more than what it leaves, so that a
 * small heap is not walked over at every turn; and less than what the memory has room for, where enough of that can be
 * garbage, so that it is looked for before the memory grows.
 *
 *   runtime's record:  allocate | free | resize | usable | blocks | bytes | limit | ... threshold ...
 *                      +0         +4     +8       +12      +16      +20     +24
 *
 * Where the threshold stands is learnt: it is the one word of a new record that holds its known initial value.
 *
 * Tests:  heap.test.ts; a record that is not so stops the start
 */
import { heapAllocate, malloc, useHeap } from "./engine";

const RESIZE: usize = 8;
const POINTERS: u32 = 4;
const STATE: usize = 16;
const BYTES: usize = 20;
const LIMIT: usize = 24;
const NO_LIMIT: u32 = 0xffff_ffff;
const SEARCHED_BYTES: usize = 256;
const INITIAL_THRESHOLD: u32 = 256 * 1024;
/** The heap's own words, and the lists of free blocks: see `src/image/engine-heap.ts`. */
const LISTS_BYTES: usize = 136;
const LEAST_GARBAGE: u32 = 2 * 1024 * 1024;
/** A collection is worth it where this part of what the last one left can be garbage. */
const WORTH_SHARE: u32 = 8;
/** This part of the memory is left for what does not fit between other blocks. */
const SPARE_SHARE: u32 = 8;
/** The threshold that has the next object begin with a collection. */
const AT_ONCE: u32 = 0;

let record: usize = 0;
/** The first block: the heap goes from here to the memory's end. */
let lists: usize = 0;
let thresholdSlot: usize = 0;
/** The threshold as this file left it: another one was set by the collector. */
let threshold: u32 = 0;
/** The heap's bytes when the collector had run. */
let left: u32 = 0;
/** The memory's size when the threshold was set. */
let pages: i32 = 0;

/** Gives a new runtime these functions; it keeps no free blocks in lists until `keepBlocks`. */
export function openHeap(runtime: usize): void {
  record = runtime;
  if (load<u32>(runtime, LIMIT) != NO_LIMIT) unreachable();
  for (let offset: usize = 0; offset < SEARCHED_BYTES; offset += 4) {
    if (load<u32>(runtime + offset) != INITIAL_THRESHOLD) continue;
    if (thresholdSlot != 0) unreachable();
    thresholdSlot = runtime + offset;
  }
  if (thresholdSlot == 0) unreachable();
  lists = malloc(LISTS_BYTES);
  memory.fill(lists, 0, LISTS_BYTES);
  const first = load<u32>(runtime);
  const added = useHeap(lists, load<u32>(runtime, RESIZE));
  for (let number: u32 = 0; number < POINTERS; number++) {
    const slot = runtime + <usize>number * 4;
    if (load<u32>(slot) != first + number) unreachable();
    store<u32>(slot, added + number);
  }
}

/** From now on blocks are kept in lists: as many as a collection may find. */
export function keepBlocks(): void {
  store<u32>(lists, LEAST_GARBAGE);
}

/** A block of the engine's heap, counted as its own are; 0 where there is no room. */
export function allocate(size: usize): usize {
  return heapAllocate(record + STATE, size);
}

/** After each entry: where the collector ran, or the memory grew, the threshold is set anew. */
export function tendHeap(): void {
  const found = load<u32>(thresholdSlot);
  if ((found == threshold && memory.size() == pages) || found == AT_ONCE) return;
  if (found != threshold) left = load<u32>(record, BYTES);
  pages = memory.size();
  threshold = left + max(left / 2, LEAST_GARBAGE);
  const size = ((<u32>pages) << 16) - <u32>lists;
  const room = size - size / SPARE_SHARE;
  if (isWorth(room)) threshold = min(threshold, room);
  store<u32>(thresholdSlot, threshold);
}

/** Before the memory grows. */
export function askForCollection(): void {
  if (isWorth(load<u32>(record, BYTES))) store<u32>(thresholdSlot, AT_ONCE);
}

/** Whether a heap that has come to this size may hold enough garbage. */
function isWorth(bytes: u32): bool {
  return bytes > left + left / WORTH_SHARE;
}
