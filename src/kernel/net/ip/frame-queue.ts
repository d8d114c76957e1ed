/**
 * Frames or datagrams that wait, each copied into a chunk of its own, first in first out.
 *
 *   chunk: | next | length | the frame's bytes ...
 *
 * Tests: frame-queue.test.ts
 */
import { CHUNK_SIZE, giveChunk, takeChunk } from "../../memory/chunk";

const FRAME: u32 = 8;
const LENGTH: usize = 4;

export const LONGEST_QUEUED_FRAME: u32 = CHUNK_SIZE - FRAME;

/** Zeroed memory is an empty queue. */
@final
@unmanaged
export class FrameQueue {
  head: usize;
  tail: usize;
  count: u32;

  /** Appends a copy: false when chunks have run out or the frame is too long for one. */
  append(frame: usize, length: u32): bool {
    const place = this.extend(length);
    if (place == 0) return false;
    memory.copy(place, frame, length);
    return true;
  }

  /** Appends `length` bytes for the caller to fill at once: where, or 0 as for `append`. */
  extend(length: u32): usize {
    if (length > LONGEST_QUEUED_FRAME) return 0;
    const chunk = takeChunk();
    if (chunk == 0) return 0;
    store<usize>(chunk, 0);
    store<u32>(chunk, length, LENGTH);
    if (this.head == 0) this.head = chunk;
    else store<usize>(this.tail, chunk);
    this.tail = chunk;
    this.count++;
    return chunk + FRAME;
  }

  /** The first frame's bytes; the queue is not empty. */
  front(): usize {
    return this.head + FRAME;
  }

  frontLength(): u32 {
    return load<u32>(this.head, LENGTH);
  }

  /** Drops the first frame; the queue is not empty. */
  drop(): void {
    const chunk = this.head;
    this.head = load<usize>(chunk);
    if (this.head == 0) this.tail = 0;
    this.count--;
    giveChunk(chunk);
  }

  clear(): void {
    while (this.head != 0) this.drop();
  }
}
