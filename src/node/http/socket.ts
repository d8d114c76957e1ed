/** What stands for a request's connection: packages ask it whether the peer is there, and listen for its end. */
import { EventEmitter } from "../events.ts";
import { machine } from "../machine.ts";

export class Connection extends EventEmitter {
  readable = true;
  writable = true;
  destroyed = false;
  readonly encrypted = false;
  readonly localPort = 80;
  readonly #request: Request | undefined;
  #isGone = false;
  #remote: ReturnType<typeof machine.remoteOf>;
  /** Ends the exchange that this stands for. */
  readonly #leave: (error?: Error) => void;

  constructor(request: Request | undefined, leave: (error?: Error) => void) {
    super();
    this.#request = request;
    this.#leave = leave;
  }

  /** Known as long as the request is not answered, and from then on if it was asked for. */
  #end(): ReturnType<typeof machine.remoteOf> {
    if (this.#request === undefined) return undefined;
    return (this.#remote ??= machine.remoteOf(this.#request));
  }

  get remoteAddress(): string | undefined {
    return this.#end()?.address;
  }

  get remoteFamily(): string | undefined {
    return this.#end()?.family;
  }

  get remotePort(): number | undefined {
    return this.#end()?.port;
  }

  /** The peer is gone, or its exchange is over. */
  gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.readable = this.writable = false;
    this.emit("close", false);
  }

  end(): this {
    this.gone();
    return this;
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#leave(error);
    this.gone();
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
