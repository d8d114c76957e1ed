/**
 * Takes Ethernet frames out of a byte stream: each stands after its length as u32, big-endian, which is how QEMU's
 * `-netdev socket` and `-netdev stream` send them.
 *
 *   0        4              4 + length
 *   ┌────────┬──────────────┬────────┬───
 *   │ length │ frame        │ length │ ...
 *   └────────┴──────────────┴────────┴───
 *
 * The other side is a guest that nobody trusts: a length that no frame has is a result, after which the stream means
 * nothing any more. At most one frame is held back.
 *
 * Tests: stream.test.ts, fuzz/frame-reader.ts
 */

/** The largest frame: 64 KiB of payload, Ethernet header, VLAN tag. With what stands before a long one, ours are shorter. */
export const FRAME_BYTES_LIMIT = 65536 + 18;
export const LENGTH_BYTES = 4;

export class FrameReader {
  readonly #take: (frame: Uint8Array) => void;
  /** Of the length, then of the frame: what has come, and how many bytes of it. */
  #length = 0;
  #headerFilled = 0;
  #frame: Uint8Array | undefined;
  #filled = 0;
  #problem: string | undefined;

  /** `take` gets every frame, to keep. */
  constructor(take: (frame: Uint8Array) => void) {
    this.#take = take;
  }

  /** Takes the stream's next bytes, which must not change later: what is wrong with it, or undefined. */
  push(bytes: Uint8Array): string | undefined {
    let at = 0;
    while (at < bytes.length && this.#problem === undefined) {
      at = this.#frame === undefined ? this.#readLength(bytes, at) : this.#readFrame(bytes, at);
    }
    return this.#problem;
  }

  /** The stream has ended: what is wrong with that, or undefined. */
  end(): string | undefined {
    if (this.#problem !== undefined) return this.#problem;
    if (this.#frame !== undefined)
      return `ends after ${this.#filled} of a frame's ${this.#frame.length} bytes`;
    return this.#headerFilled === 0 ? undefined : "ends within the length of a frame";
  }

  #readLength(bytes: Uint8Array, start: number): number {
    let at = start;
    while (this.#headerFilled < LENGTH_BYTES && at < bytes.length) {
      this.#length = this.#length * 256 + bytes[at++]!;
      this.#headerFilled++;
    }
    if (this.#headerFilled < LENGTH_BYTES) return at;
    const length = this.#length;
    if (length === 0 || length > FRAME_BYTES_LIMIT) {
      this.#problem = `a frame has 1 to ${FRAME_BYTES_LIMIT} bytes, found ${length}`;
      return at;
    }
    this.#length = 0;
    this.#headerFilled = 0;
    if (at + length <= bytes.length) {
      // Nothing is copied: a frame shares the memory of the piece it came in.
      this.#take(bytes.subarray(at, at + length));
      return at + length;
    }
    // All of it is written before anybody sees it.
    this.#frame = Buffer.allocUnsafe(length);
    this.#filled = 0;
    return at;
  }

  #readFrame(bytes: Uint8Array, at: number): number {
    const frame = this.#frame!;
    const count = Math.min(frame.length - this.#filled, bytes.length - at);
    frame.set(bytes.subarray(at, at + count), this.#filled);
    this.#filled += count;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      this.#take(frame);
    }
    return at + count;
  }
}
