/**
 * Buffers for bytes on their way to host sockets, used again when a socket has sent them.
 */

export const BLOCK_SIZE = 0x10000;

/** Free blocks that are kept: 4 MiB. */
const FREE_LIMIT = 64;
/** So many in use, 64 MiB, and streams hold less of them: hosts that take nothing are no reason to fill this one's memory. */
const SCARCE_FROM = 1024;

export class Blocks {
  readonly #free: Buffer[] = [];
  #inUse = 0;

  get inUse(): number {
    return this.#inUse;
  }

  get isScarce(): boolean {
    return this.#inUse >= SCARCE_FROM;
  }

  take(): Buffer {
    this.#inUse++;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE);
  }

  give(block: Buffer): void {
    this.#inUse--;
    if (this.#free.length < FREE_LIMIT) this.#free.push(block);
  }
}
