/**
 * The kernel's one pool of byte buffers: 2 KiB chunks, each large enough for any Ethernet frame, shared by
 * frames, byte queues and reassembly. One pool, so that one limit bounds all bytes the network holds.
 *
 *   free words   1 1 0 0 ...                    a bit a word below: it has a chunk that is free
 *   free chunks  [0110 ...] [1111 ...] ...      a bit a chunk
 *   links        next of each chunk that is held, its holder's
 *
 * The lowest chunk that is free goes first. So what is in use stays together, whatever the order in which it comes back,
 * and a queue that grows mostly finds the chunk behind its last one free: its bytes leave as a few long pieces.
 *
 * Tests: chunk.test.ts
 */
import { reserve } from "./arena";

export const CHUNK_SIZE: u32 = 2048;
const CHUNK_SHIFT: usize = 11;
/** From a distance between chunks to that between their links. */
const LINK_SHIFT: usize = CHUNK_SHIFT - 2;
if (1 << CHUNK_SHIFT != CHUNK_SIZE || 1 << (CHUNK_SHIFT - LINK_SHIFT) != sizeof<usize>())
  ERROR("links are words");
/** 32 MiB of addresses; only chunks that were in use cost memory. */
export const DEFAULT_CHUNKS: u32 = 16384;

/** Chunks in a word of bits, and words in a group. */
const WORD_SHIFT: usize = 6;
const WORD: usize = 1 << WORD_SHIFT;

/**
 * So far above the lowest free chunk a queue may go on by the one behind its last. Without an end, one that is filled and
 * emptied would go through all chunks that a crowd ever used, none of them in the cache.
 */
const REACH: usize = 128 * CHUNK_SIZE;

/** Set by `startChunks` or `startChunksAt`, before any service starts. */
let first: usize = 0;
let limit: u32 = 0;
let links: usize = 0;
let freeChunks: usize = 0;
let freeWords: usize = 0;
let freeWordsEnd: usize = 0;
let inUse: u32 = 0;
/** Behind the last chunk that ever was in use. */
let untouched: usize = 0;

/** Reserves at most `limit` chunks. */
export function startChunks(limit: u32): void {
  use(reserve((<usize>limit) << CHUNK_SHIFT), limit);
}

/** Has the pool in `sizeBytes` bytes at `base`: those that devices can reach, where drivers hand chunks to them. */
export function startChunksAt(base: usize, sizeBytes: usize): void {
  use(base, <u32>(sizeBytes >> CHUNK_SHIFT));
}

function use(base: usize, count: u32): void {
  first = base;
  untouched = base;
  limit = count;
  links = reserve(<usize>count * sizeof<usize>());
  const words = (<usize>count + WORD - 1) >> WORD_SHIFT;
  const groups = (words + WORD - 1) >> WORD_SHIFT;
  freeChunks = reserve(words * sizeof<u64>());
  freeWords = reserve(groups * sizeof<u64>());
  freeWordsEnd = freeWords + groups * sizeof<u64>();
  fill(freeChunks, count);
  fill(freeWords, <u32>words);
}

/** Sets `count` bits. */
function fill(bits: usize, count: u32): void {
  memory.fill(bits, 0xff, count >> 3);
  const left = count & 7;
  if (left != 0) store<u8>(bits + (count >> 3), <u8>(((<u32>1) << left) - 1));
}

/**
 * Where whoever holds a chunk may name another, as its next. Beside the chunks: a list of them is gone through, and the
 * bytes, which may be out of the cache, are not touched.
 */
export function linkOf(chunk: usize): usize {
  return links + ((chunk - first) >> LINK_SHIFT);
}

/** A chunk of `CHUNK_SIZE` bytes, which names none as its next, or 0 when the limit is reached. */
export function takeChunk(): usize {
  const chunk = lowestFree();
  if (chunk != 0) hold(chunk);
  return chunk;
}

/** 0: all are held. */
function lowestFree(): usize {
  for (let group = freeWords; group != freeWordsEnd; group += sizeof<u64>()) {
    const words = load<u64>(group);
    if (words == 0) continue;
    const word = ((group - freeWords) << 3) + <usize>ctz(words);
    return chunkAt((word << WORD_SHIFT) + <usize>ctz(load<u64>(freeChunks + (word << 3))));
  }
  return 0;
}

/**
 * As `takeChunk`: the one that stands behind `chunk` in memory where it is free, was used before, and is not far above
 * the lowest.
 */
export function takeChunkBehind(chunk: usize): usize {
  const next = chunk + CHUNK_SIZE;
  const lowest = lowestFree();
  if (lowest == 0) return 0;
  const goesOn = next < untouched && next - lowest <= REACH && isFree(next);
  const taken = goesOn ? next : lowest;
  hold(taken);
  return taken;
}

/** `count` chunks in a row, for good, while a machine starts; 0: there are not so many. */
export function takeChunkRun(count: u32): usize {
  const run = untouched;
  if (run + ((<usize>count) << CHUNK_SHIFT) > chunkAt(limit)) return 0;
  for (let left = count; left != 0; left--) hold(untouched);
  return run;
}

export function chunkLimit(): u32 {
  return limit;
}

export function giveChunk(chunk: usize): void {
  const index = indexOf(chunk);
  setBit(freeChunks, index);
  setBit(freeWords, index >> WORD_SHIFT);
  inUse--;
}

/** Gives `count` chunks, from `chunk` on by their links. What the last of them names as its next. */
export function giveChunks(chunk: usize, count: u32): usize {
  for (; count != 0; count--) {
    const next = load<usize>(linkOf(chunk));
    giveChunk(chunk);
    chunk = next;
  }
  return chunk;
}

export function availableChunks(): u32 {
  return limit - inUse;
}

export function chunksInUse(): u32 {
  return inUse;
}

function chunkAt(index: usize): usize {
  return first + (index << CHUNK_SHIFT);
}

function indexOf(chunk: usize): usize {
  return (chunk - first) >> CHUNK_SHIFT;
}

function isFree(chunk: usize): bool {
  const index = indexOf(chunk);
  return (load<u64>(wordOf(freeChunks, index)) & bitOf(index)) != 0;
}

/** Takes `chunk`, which is free. */
function hold(chunk: usize): void {
  const index = indexOf(chunk);
  if (clearBit(freeChunks, index) == 0) clearBit(freeWords, index >> WORD_SHIFT);
  store<usize>(linkOf(chunk), 0);
  inUse++;
  if (chunk >= untouched) untouched = chunk + CHUNK_SIZE;
}

/** Where the word is that holds bit `index` of `bits`. */
function wordOf(bits: usize, index: usize): usize {
  return bits + (index >> WORD_SHIFT) * sizeof<u64>();
}

function bitOf(index: usize): u64 {
  return (<u64>1) << ((<u64>index) & (WORD - 1));
}

function setBit(bits: usize, index: usize): void {
  const word = wordOf(bits, index);
  store<u64>(word, load<u64>(word) | bitOf(index));
}

/** What its word then is. */
function clearBit(bits: usize, index: usize): u64 {
  const word = wordOf(bits, index);
  const left = load<u64>(word) & ~bitOf(index);
  store<u64>(word, left);
  return left;
}
