/**
 * Bytes in order, held in chunks: what a connection has received but not read, or sent but not had acknowledged.
 *
 *   queue.head -> [ next | ........bytes ] -> [ next | bytes....... ] <- queue.tail
 *                          ^ headOffset                     ^ tailEnd
 *
 * An empty queue holds no chunk, so an idle connection costs nothing. Offsets count from the first held byte.
 *
 * Tests: byte-queue.test.ts
 */
import { CHUNK_SIZE, giveChunk, takeChunk } from "./chunk";

const LINK_SIZE: u32 = sizeof<usize>();
const FIRST: u32 = LINK_SIZE;

@final
@unmanaged
export class ByteQueue {
  head: usize;
  tail: usize;
  /** Where the first held byte stands in `head`. */
  headOffset: u32;
  /** One past the last held byte in `tail`. */
  tailEnd: u32;
  length: u32;
  /** A chunk behind `head`, where the last copy ended, and the offset of its first byte; 0: none is known. */
  cursor: usize;
  cursorOffset: u32;

  /** Appends a copy: how many bytes were taken, fewer than asked when chunks run out. */
  append(source: usize, count: u32): u32 {
    let left = count;
    while (left > 0) {
      const part = min(left, this.room());
      if (part == 0) break;
      memory.copy(this.back(), source, part);
      this.appended(part);
      source += part;
      left -= part;
    }
    return count - left;
  }

  /** How many bytes may be written at `back()`, for who appends them itself; 0: chunks have run out. */
  room(): u32 {
    if ((this.tail == 0 || this.tailEnd == CHUNK_SIZE) && !this.grow()) return 0;
    return CHUNK_SIZE - this.tailEnd;
  }

  /** Where the next byte goes. */
  back(): usize {
    return this.tail + this.tailEnd;
  }

  /** `count` bytes, at most `room()` and at least one, now stand at `back()`. */
  appended(count: u32): void {
    this.tailEnd += count;
    this.length += count;
  }

  /** Where the first run of contiguous bytes starts; its length is `frontLength()`. */
  front(): usize {
    return this.head + this.headOffset;
  }

  frontLength(): u32 {
    if (this.head == 0) return 0;
    const end = this.head == this.tail ? this.tailEnd : CHUNK_SIZE;
    return end - this.headOffset;
  }

  /** Drops `count` bytes, at most `length`, from the front. */
  consume(count: u32): void {
    this.length -= count;
    if (count > this.cursorOffset) this.cursor = 0;
    else this.cursorOffset -= count;
    while (count > 0) {
      const run = this.frontLength();
      if (count < run) {
        this.headOffset += count;
        return;
      }
      count -= run;
      this.dropHead();
    }
  }

  /**
   * Copies `count` bytes from `offset` on; both within `length`. Who goes on where the last copy ended does not follow
   * all chunks before it, of which each would have to come into the cache.
   */
  copyTo(target: usize, offset: u32, count: u32): void {
    let chunk = this.head;
    let at = this.headOffset + offset;
    if (this.cursor != 0 && offset >= this.cursorOffset) {
      chunk = this.cursor;
      at = FIRST + offset - this.cursorOffset;
    }
    for (;;) {
      while (at >= CHUNK_SIZE && count > 0) {
        chunk = load<usize>(chunk);
        at -= CHUNK_SIZE - FIRST;
      }
      const part = min<u32>(count, CHUNK_SIZE - at);
      memory.copy(target, chunk + at, part);
      target += part;
      offset += part;
      at += part;
      count -= part;
      if (count == 0) break;
    }
    if (chunk == this.head) return;
    this.cursor = chunk;
    this.cursorOffset = offset - (at - FIRST);
  }

  /** Gives every chunk back. */
  clear(): void {
    while (this.head != 0) this.dropHead();
    this.length = 0;
    this.cursor = 0;
  }

  private grow(): bool {
    const chunk = takeChunk();
    if (chunk == 0) return false;
    store<usize>(chunk, 0);
    if (this.tail == 0) {
      this.head = chunk;
      this.headOffset = FIRST;
    } else {
      store<usize>(this.tail, chunk);
    }
    this.tail = chunk;
    this.tailEnd = FIRST;
    return true;
  }

  private dropHead(): void {
    const chunk = this.head;
    this.head = load<usize>(chunk);
    this.headOffset = FIRST;
    if (this.head == 0) {
      this.tail = 0;
      this.tailEnd = 0;
    }
    giveChunk(chunk);
  }
}
