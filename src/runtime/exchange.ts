/**
 * One HTTP request and its answer, as the kernel numbers it: reading, writing, and its end.
 *
 * Most requests are answered at once and are nothing but their number. An exchange is made when something has to wait or to
 * be told of the end, and is listed until then: the kernel's events find it there.
 */
import { outOfMemory } from "./engine-errors.ts";
import { BodySource } from "./body-source.ts";
import { DOMException } from "./dom-exception.ts";
import { abort, begin, end, methodName, readBody, writeBody, type Status } from "./host.ts";

/** Numbers of `src/abi/status.ts`. */
const AGAIN = -1;
const END = -5;
/** There was no memory for the piece. */
const FULL = -4;

const listed = new Map<number, Exchange>();
/** Asked at each request's end: the engine finds a number sooner than a map's size. */
export let listedCount = 0;

/** Where it is listed: what the kernel's events are for. */
export function listedExchange(id: number): Exchange | undefined {
  return listed.get(id);
}

/** The request's exchange, made where there is none. */
export function exchangeOf(id: number): Exchange {
  return listed.get(id) ?? new Exchange(id);
}

/** The answer is complete. */
export function finishExchange(id: number): void {
  listed.get(id)?.finish();
}

/** What the kernel says of a request, as long as there is one. */
export function textOfRequest(value: string | Status): string {
  if (typeof value === "string") return value;
  throw new TypeError(
    "The request is over: read its method, url and headers before the response is complete",
  );
}

export class Exchange extends BodySource {
  readonly id: number;
  /** The peer is gone, or the answer is complete. */
  isOver: boolean;
  /** Called when the peer goes away before the answer is complete. */
  #onGone: ((why: Error) => void)[] | undefined;

  constructor(id: number) {
    super();
    this.id = id;
    this.isOver = typeof methodName(id) !== "string";
    if (!this.isOver) listed.set(id, this);
    listedCount = listed.size;
  }

  finish(): void {
    this.isOver = true;
    listed.delete(this.id);
    listedCount = listed.size;
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
  }

  /** The next piece of the request's body; undefined at its end. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const got = readBody(this.id);
      if (typeof got !== "number") return new Uint8Array(got);
      if (got === END) return undefined;
      if (got === FULL) throw outOfMemory();
      if (got !== AGAIN) throw new TypeError("The request's body cannot be read: the request is over");
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
