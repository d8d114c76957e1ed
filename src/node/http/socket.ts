/** What stands for a request's connection: packages ask it whether the peer is there, and listen for its end. */
import { EventEmitter } from "../events.ts";

export class Connection extends EventEmitter {
  readable = true;
  writable = true;
  destroyed = false;
  readonly encrypted = false;
  readonly remoteFamily = "IPv4";
  readonly localPort = 80;
  /** Ends the exchange that this stands for. */
  readonly #leave: (error?: Error) => void;

  constructor(leave: (error?: Error) => void) {
    super();
    this.#leave = leave;
  }

  /** The peer is gone, or its exchange is over. */
  end(): void {
    if (!this.writable) return;
    this.readable = this.writable = false;
    this.emit("close", false);
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#leave(error);
    this.end();
    return this;
  }

  setTimeout(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  address(): object {
    return { address: "0.0.0.0", family: "IPv4", port: this.localPort };
  }
}
