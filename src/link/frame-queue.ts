/**
 * Frames that wait, first in, first out. What was taken is let go of, also where the queue never runs empty: a busy cable's
 * never does.
 *
 * Tests: frame-queue.test.ts
 */

/** Places of frames that were taken, before the others move up; and only where they are half of all. */
const EMPTY_PLACES = 256;

export class FrameQueue {
  #frames: (Uint8Array | undefined)[] = [];
  #taken = 0;
  #bytes = 0;

  /** Of the frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#frames.length - this.#taken;
  }

  /** Frames and places of frames: what the queue costs. */
  get places(): number {
    return this.#frames.length;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  take(): Uint8Array | undefined {
    const frame = this.#frames[this.#taken];
    if (frame === undefined) return undefined;
    this.#bytes -= frame.length;
    this.#frames[this.#taken++] = undefined;
    if (this.#taken === this.#frames.length) {
      this.#frames = [];
      this.#taken = 0;
    } else if (this.#taken >= EMPTY_PLACES && this.#taken * 2 >= this.#frames.length) {
      this.#frames.splice(0, this.#taken);
      this.#taken = 0;
    }
    return frame;
  }
}
