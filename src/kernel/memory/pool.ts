/**
 * Blocks of one size from one reservation, with a limit: the only memory that changes hands after start-up.
 *
 * Blocks that came back lie on a stack beside the pool, the last on top: whoever takes or gives one does not touch the
 * block itself, which may be out of the cache. Blocks that were never used are not on it but counted, so that a large
 * pool touches only the pages it has needed.
 *
 * Tests: chunk.test.ts
 */
import { reserve } from "./arena";

@final
@unmanaged
export class Pool {
  blockSizeBytes: u32;
  limit: u32;
  /** Blocks handed out for the first time so far. */
  touched: u32;
  inUse: u32;
  base: usize;
  /** The stack of free blocks that were used before: its start, and the end of what is on it. */
  stack: usize;
  top: usize;

  /** A block, or 0 when the limit is reached. Its bytes are whatever the last user left, at first zero. */
  take(): usize {
    if (this.top != this.stack) {
      this.top -= sizeof<usize>();
      this.inUse++;
      return load<usize>(this.top);
    }
    if (this.touched == this.limit) return 0;
    const fresh = this.base + <usize>this.touched * <usize>this.blockSizeBytes;
    this.touched++;
    this.inUse++;
    return fresh;
  }

  give(block: usize): void {
    store<usize>(this.top, block);
    this.top += sizeof<usize>();
    this.inUse--;
  }

  /** How many more `take` calls succeed. */
  available(): u32 {
    return this.limit - this.inUse;
  }

  indexOf(block: usize): u32 {
    return <u32>((block - this.base) / <usize>this.blockSizeBytes);
  }

  at(index: u32): usize {
    return this.base + <usize>index * <usize>this.blockSizeBytes;
  }
}

/** A pool of `limit` blocks of `blockSizeBytes`, a multiple of 8. */
export function createPool(blockSizeBytes: u32, limit: u32): Pool {
  assert((blockSizeBytes & 7) == 0, "pool: block size is a multiple of 8");
  const pool = changetype<Pool>(reserve(offsetof<Pool>()));
  pool.blockSizeBytes = blockSizeBytes;
  pool.limit = limit;
  pool.touched = 0;
  pool.inUse = 0;
  pool.base = reserve(<usize>blockSizeBytes * <usize>limit);
  pool.stack = reserve(<usize>limit * sizeof<usize>());
  pool.top = pool.stack;
  return pool;
}
