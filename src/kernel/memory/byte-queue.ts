/**
 * Bytes in order, held in chunks: what a connection has received but not read, or sent but not had acknowledged.
 *
 *   queue.head -> [ ........bytes ] -> [ bytes....... ] <- queue.tail
 *                           ^ headOffset      ^ tailEnd
 *
 * An empty queue holds no chunk, so an idle connection costs nothing. Offsets count from the first held byte.
 *
 * Tests: byte-queue.test.ts
 */
import { CHUNK_SIZE, giveChunks, linkOf, takeChunk, takeChunkBehind } from "./chunk";
import { Pieces } from "./pieces";

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
  /** The chunk that was looked for last, and the offset of its first byte, negative in `head`; 0: none is known. */
  cursor: usize;
  cursorOffset: i32;

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
    this.cursorOffset -= <i32>count;
    const end = this.headOffset + count;
    this.headOffset = end % CHUNK_SIZE;
    const done = this.length == 0 ? (end + CHUNK_SIZE - 1) / CHUNK_SIZE : end / CHUNK_SIZE;
    if (done == 0) return;
    if (this.length == 0 || this.cursorOffset <= -(<i32>CHUNK_SIZE)) this.cursor = 0;
    this.head = giveChunks(this.head, done);
    if (this.head == 0) this.empty();
  }

  /** Copies `count` bytes from `offset` on; both within `length`. */
  copyTo(target: usize, offset: u32, count: u32): void {
    while (count > 0) {
      const at = this.seek(offset);
      const part = min(count, CHUNK_SIZE - at);
      memory.copy(target, this.cursor + at, part);
      target += part;
      offset += part;
      count -= part;
    }
  }

  /** As `copyTo`, but adds to `pieces` where the bytes stand, which is so until the queue changes. */
  list(pieces: Pieces, offset: u32, count: u32): void {
    while (count > 0) {
      const at = this.seek(offset);
      const part = min(count, CHUNK_SIZE - at);
      pieces.add(this.cursor + at, part);
      offset += part;
      count -= part;
    }
  }

  /** Gives every chunk back. */
  clear(): void {
    while (this.head != 0) this.head = giveChunks(this.head, 1);
    this.length = 0;
    this.cursor = 0;
    this.empty();
  }

  /**
   * Finds the chunk with the byte at `offset`, less than `length`: the cursor is there, and the byte at what this returns.
   * Who goes on where the last one was does not follow all chunks before it, of which each would have to come into the cache.
   */
  private seek(offset: u32): u32 {
    if (this.cursor == 0 || <i32>offset < this.cursorOffset) {
      this.cursor = this.head;
      this.cursorOffset = -(<i32>this.headOffset);
    }
    let at = offset - this.cursorOffset;
    while (at >= CHUNK_SIZE) {
      this.cursor = load<usize>(linkOf(this.cursor));
      this.cursorOffset += CHUNK_SIZE;
      at -= CHUNK_SIZE;
    }
    return at;
  }

  private grow(): bool {
    const last = this.tail;
    const chunk = last == 0 ? takeChunk() : takeChunkBehind(last);
    if (chunk == 0) return false;
    if (last == 0) {
      this.head = chunk;
      this.headOffset = 0;
    } else {
      store<usize>(linkOf(last), chunk);
    }
    this.tail = chunk;
    this.tailEnd = 0;
    return true;
  }

  /** No chunk is left. */
  private empty(): void {
    this.headOffset = 0;
    this.tail = 0;
    this.tailEnd = 0;
  }
}
