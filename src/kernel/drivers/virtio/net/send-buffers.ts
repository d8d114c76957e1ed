/**
 * What frames are sent from: chunks, and for those that the device cuts a few buffers of 64 KiB, which are chunks in a row.
 *
 * A buffer is handed out, goes to the device, and comes back when the device has it. Some chunks are kept then, since the
 * queue knows where they are; the others go back to the pool. Free ones are linked by their first words.
 *
 * Owns:   the long buffers, and the chunks that are kept.
 */
import { CHUNK_SIZE, chunkLimit, giveChunk, takeChunk, takeChunkRun } from "../../../memory/chunk";

const SPARE_LIMIT: u32 = 64;
const LONG_SIZE: u32 = 65536;
const LONG_CHUNKS: u32 = LONG_SIZE / CHUNK_SIZE;
const LONG_LIMIT: u32 = 8;
/** Long buffers are at most this part of all chunks. */
const LONG_SHARE: u32 = 8;

let spare: usize = 0;
let spareCount: u32 = 0;

let longStart: usize = 0;
let longBytes: usize = 0;
let long: usize = 0;

/** Sets long buffers aside, once, as many as the chunks allow: whether there are any. */
export function startLongBuffers(): bool {
  const count = min(chunkLimit() / (LONG_SHARE * LONG_CHUNKS), LONG_LIMIT);
  longStart = count == 0 ? 0 : takeChunkRun(count * LONG_CHUNKS);
  if (longStart == 0) return false;
  longBytes = <usize>count * LONG_SIZE;
  for (let at: usize = 0; at < longBytes; at += LONG_SIZE) keepBuffer(longStart + at);
  return true;
}

/** A chunk to send with; 0: there is none. */
export function takeBuffer(): usize {
  const chunk = spare;
  if (chunk == 0) return takeChunk();
  spare = load<usize>(chunk);
  spareCount--;
  return chunk;
}

/** A buffer of 64 KiB; 0: there is none. */
export function takeLongBuffer(): usize {
  const buffer = long;
  if (buffer != 0) long = load<usize>(buffer);
  return buffer;
}

export function hasLongBuffer(): bool {
  return long != 0;
}

/** Takes back what either gave. */
export function keepBuffer(buffer: usize): void {
  if (buffer - longStart < longBytes) {
    store<usize>(buffer, long);
    long = buffer;
  } else if (spareCount == SPARE_LIMIT) {
    giveChunk(buffer);
  } else {
    store<usize>(buffer, spare);
    spare = buffer;
    spareCount++;
  }
}
