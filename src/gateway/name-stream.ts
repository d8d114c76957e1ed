/**
 * DNS over TCP (RFC 1035 4.2.2, RFC 7766): messages, each behind two bytes of its length.
 *
 * One query at a time: the next is read when the last is answered, which bounds what one guest can hold.
 */
import type { Names } from "./names.ts";
import type { Stream, StreamHandler } from "./stack.ts";

const LENGTH_SIZE = 2;
/** A question fits in 512 bytes; what is longer is not one. */
const QUERY_SIZE_LIMIT = 512;

export class NameStream implements StreamHandler {
  readonly #stream: Stream;
  readonly #names: Names;
  readonly #gathered = new Uint8Array(LENGTH_SIZE + QUERY_SIZE_LIMIT);
  #length = 0;
  #busy = false;
  #ended = false;

  constructor(stream: Stream, names: Names) {
    this.#stream = stream;
    this.#names = names;
    stream.answer();
  }

  connected(): void {}

  readable(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length && !this.#busy) {
      this.#gathered[this.#length++] = bytes[taken++]!;
      if (this.#length < LENGTH_SIZE) continue;
      const size = this.#gathered[0]! * 256 + this.#gathered[1]!;
      if (size > QUERY_SIZE_LIMIT) {
        this.#stream.abort();
        return bytes.length;
      }
      if (this.#length === LENGTH_SIZE + size) void this.#answer();
    }
    return taken;
  }

  writable(): void {}

  finished(): void {
    this.#ended = true;
    if (!this.#busy) this.#stream.shutdown();
  }

  closed(): void {}

  async #answer(): Promise<void> {
    this.#busy = true;
    const response = await this.#names.respond(this.#gathered.slice(LENGTH_SIZE, this.#length));
    this.#busy = false;
    this.#length = 0;
    if (response !== undefined) this.#send(response);
    if (this.#ended) this.#stream.shutdown();
    else this.#stream.resume();
  }

  /** A guest that does not read its answers loses the stream, so nothing is queued here. */
  #send(response: Uint8Array): void {
    const message = new Uint8Array(LENGTH_SIZE + response.length);
    new DataView(message.buffer).setUint16(0, response.length);
    message.set(response, LENGTH_SIZE);
    if (this.#stream.write(message) < message.length) this.#stream.abort();
  }
}
