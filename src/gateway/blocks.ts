/**
 * Buffers for bytes on their way to host sockets, used again when a socket has sent them.
 */

export const BLOCK_SIZE = 0x10000;

/** Free blocks that are kept: 4 MiB. */
const FREE_LIMIT = 64;

export class Blocks {
  readonly #free: Buffer[] = [];
  #inUse = 0;

  get inUse(): number {
    return this.#inUse;
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
