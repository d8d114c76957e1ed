/**
 * The kernel's one pool of byte buffers: 2 KiB chunks, each large enough for any Ethernet frame, shared by
 * frames, byte queues and reassembly. One pool, so that one limit bounds all bytes the network holds.
 *
 * Beside each chunk stands a word, its link. Of a chunk that is held it is the holder's, who may name another as its
 * next; of a free one it says where on the pool's stack it lies. So the free chunk that stands behind another can be
 * taken from the middle of the stack, and bytes in chunks that follow each other in memory leave as one piece.
 *
 * Tests: chunk.test.ts
 */
import { reserve } from "./arena";
import { createPool, createPoolAt, Pool } from "./pool";

export const CHUNK_SIZE: u32 = 2048;
const CHUNK_SHIFT: usize = 11;
/** From a distance between chunks to that between their links. */
const LINK_SHIFT: usize = CHUNK_SHIFT - 2;
if (1 << CHUNK_SHIFT != CHUNK_SIZE || 1 << (CHUNK_SHIFT - LINK_SHIFT) != sizeof<usize>())
  ERROR("links are words");
/** 32 MiB of addresses; only chunks that were in use cost memory. */
export const DEFAULT_CHUNKS: u32 = 16384;

/** Set by `startChunks` or `startChunksAt`, before any service starts. */
let pool: Pool = changetype<Pool>(0);
/** The first chunk, and its link. */
let first: usize = 0;
let links: usize = 0;

/** Reserves at most `limit` chunks. */
export function startChunks(limit: u32): void {
  use(createPool(CHUNK_SIZE, limit));
}

/** Has the pool in `sizeBytes` bytes at `base`: those that devices can reach, where drivers hand chunks to them. */
export function startChunksAt(base: usize, sizeBytes: usize): void {
  use(createPoolAt(base, CHUNK_SIZE, <u32>sizeBytes / CHUNK_SIZE));
}

function use(chunks: Pool): void {
  pool = chunks;
  first = chunks.base;
  // One more, which is nobody's: the last chunk, too, may be asked for what stands behind it.
  links = reserve((<usize>chunks.limit + 1) * sizeof<usize>());
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
  const chunk = pool.take();
  if (chunk != 0) store<usize>(linkOf(chunk), 0);
  return chunk;
}

/** As `takeChunk`: the one that stands behind `chunk` in memory where it is free and was used before, else any. */
export function takeChunkBehind(chunk: usize): usize {
  const next = chunk + CHUNK_SIZE;
  const place = load<usize>(linkOf(next));
  // Unsigned: what is held names none, or another chunk, and neither is a place on the stack.
  if (place - pool.stack >= pool.top - pool.stack) return takeChunk();
  store<usize>(linkOf(pool.takeAt(place)), place);
  store<usize>(linkOf(next), 0);
  return next;
}

/** `count` chunks in a row, for good, while a machine starts; 0: there are not so many. */
export function takeChunkRun(count: u32): usize {
  return pool.takeRun(count);
}

export function chunkLimit(): u32 {
  return pool.limit;
}

export function giveChunk(chunk: usize): void {
  store<usize>(linkOf(chunk), pool.top);
  pool.give(chunk);
}

/**
 * Gives `count` chunks, from `chunk` on by their links, so that they are taken again in this order: in that of their
 * addresses, where they had it. What the last of them names as its next.
 */
export function giveChunks(chunk: usize, count: u32): usize {
  let place = pool.giveRoom(count);
  for (; count != 0; count--) {
    place -= sizeof<usize>();
    const next = load<usize>(linkOf(chunk));
    store<usize>(place, chunk);
    store<usize>(linkOf(chunk), place);
    chunk = next;
  }
  return chunk;
}

export function availableChunks(): u32 {
  return pool.available();
}

export function chunksInUse(): u32 {
  return pool.inUse;
}
