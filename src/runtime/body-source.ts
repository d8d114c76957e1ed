/**
 * Where the bytes of a body come from that the kernel has: a request's, or a response's to our own request. Bytes go the
 * other way on the same stream. Whoever waits for either is woken by the kernel's events.
 */
export abstract class BodySource {
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** The next piece; undefined at the end. */
  abstract read(): Promise<Uint8Array | undefined>;

  /** Nobody will read the rest. */
  abstract cancel(): void;

  /** Nothing more comes or leaves. */
  protected abstract get isEnded(): boolean;

  /** How many of the bytes the kernel takes now; below 0: none, for ever. */
  protected abstract take(bytes: Uint8Array): number;

  /** There may be bytes to read. */
  readable(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }

  /** There may be room for more. */
  writable(): void {
    const wake = this.#wakeWriter;
    this.#wakeWriter = undefined;
    wake?.();
  }

  protected untilReadable(): Promise<void> {
    return new Promise((resolve) => (this.#wakeReader = resolve));
  }

  protected untilWritable(): Promise<void> {
    return new Promise((resolve) => (this.#wakeWriter = resolve));
  }

  /** Sends a piece, as fast as the other side takes it. False when it takes no more. */
  async write(bytes: Uint8Array): Promise<boolean> {
    let offset = 0;
    while (offset < bytes.length && !this.isEnded) {
      const taken = this.take(offset === 0 ? bytes : bytes.subarray(offset));
      if (taken < 0) return false;
      offset += taken;
      if (offset < bytes.length) await this.untilWritable();
    }
    return !this.isEnded;
  }
}
