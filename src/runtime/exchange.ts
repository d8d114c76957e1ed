/**
 * One HTTP request and its answer, as the kernel numbers it: reading, writing, and its end.
 *
 * An exchange is listed while something waits for it; the kernel's events find it there. Requests that are
 * answered at once never are.
 */
import { BodySource } from "./body-source.ts";
import { DOMException } from "./dom-exception.ts";
import { abort, begin, bodySize, end, readBody, writeBody } from "./host.ts";

/** Numbers of `src/abi/status.ts`. */
const AGAIN = -1;
const END = -5;

const listed = new Map<number, Exchange>();

export function exchangeOf(id: number): Exchange | undefined {
  return listed.get(id);
}

export class Exchange extends BodySource {
  readonly id: number;
  /** The peer is gone, or the answer is complete. */
  isOver = false;
  /** Called when the peer goes away before the answer is complete. */
  #onGone: ((why: Error) => void)[] | undefined;

  constructor(id: number) {
    super();
    this.id = id;
  }

  hasBody(): boolean {
    return bodySize(this.id) !== 0;
  }

  /** Events are to reach this exchange from now on. */
  list(): void {
    listed.set(this.id, this);
  }

  finish(): void {
    this.isOver = true;
    listed.delete(this.id);
  }

  /** The peer went away. */
  gone(): void {
    this.finish();
    const why = new DOMException("The client closed the connection", "AbortError");
    for (const callback of this.#onGone ?? []) callback(why);
    this.readable();
    this.writable();
  }

  whenGone(callback: (why: Error) => void): void {
    (this.#onGone ??= []).push(callback);
    if (!this.isOver) this.list();
  }

  /** The next piece of the request's body; undefined at its end. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const got = readBody(this.id);
      if (typeof got !== "number") return new Uint8Array(got);
      if (got === END) return undefined;
      if (got !== AGAIN) throw new TypeError("The request's body cannot be read: the request is over");
      this.list();
      await this.untilReadable();
    }
  }

  /** The kernel throws away what is left of a request's body. */
  cancel(): void {}

  begin(status: number, fields: string, size: number): boolean {
    return begin(this.id, status, fields, size) === 0;
  }

  protected get isEnded(): boolean {
    return this.isOver;
  }

  /** Bytes of the answer. */
  protected take(bytes: Uint8Array): number {
    return writeBody(this.id, bytes);
  }

  end(): void {
    end(this.id);
    this.finish();
  }

  abort(): void {
    if (!this.isOver) abort(this.id);
    this.finish();
  }
}
