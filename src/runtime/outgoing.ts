/**
 * One request of the app's to another server, as the kernel numbers it: its body leaves, its response's comes.
 *
 * It is listed from its beginning to its end; the kernel's events find it there.
 */
import { BodySource } from "./body-source.ts";
import { fetchAbort, fetchBegin, fetchEnd, fetchHead, fetchRead, fetchWrite, socketAdopt } from "./host.ts";
import { NOBODY, running } from "./running.ts";

/** Numbers of `src/abi/status.ts`. */
const AGAIN = -1;
const INVALID = -3;
const FULL = -4;
const END = -5;
const MISSING = -6;

/** Why there is no response, or none to its end, by the numbers of `Failure` in `src/abi/status.ts`. */
const FAILURES: Readonly<Record<number, string>> = {
  1: "this machine has no network, or no address yet",
  2: "there is no such name",
  3: "no name server answers",
  4: "the connection was refused",
  5: "it cannot be reached",
  6: "it took too long",
  7: "the connection ended before the response",
  8: "the response is not HTTP/1.1 as it should be",
  9: "the response's head is too large",
  10: "the connection ended within the response",
  12: "too many requests are under way",
};
const NOT_ALLOWED = 11;
/** What Node calls them. */
const CODES: Readonly<Record<number, string>> = {
  1: "ENETUNREACH",
  2: "ENOTFOUND",
  3: "EAI_AGAIN",
  4: "ECONNREFUSED",
  5: "EHOSTUNREACH",
  6: "ETIMEDOUT",
  7: "ECONNRESET",
  8: "HPE_INVALID_CONSTANT",
  9: "HPE_HEADER_OVERFLOW",
  10: "ECONNRESET",
  [NOT_ALLOWED]: "EACCES",
  12: "EMFILE",
};

const BEGINNINGS: Readonly<Record<number, string>> = {
  [INVALID]: "the request cannot be sent as it is: its head is too large, or not one of HTTP/1.1",
  [FULL]: FAILURES[12]!,
  [MISSING]: "this image has no HTTP client: the app's code never names the global fetch when it is built",
};

const listed = new Map<number, Outgoing>();

/** Whether a program still waits for a response. */
export function hasOutgoing(): boolean {
  return listed.size > 0;
}

export class Outgoing extends BodySource {
  readonly #id: number;
  /** `host:port`, for messages. */
  readonly #place: string;
  #wakeHead: ((error?: unknown) => void) | undefined;
  #error: unknown;
  #isOver = false;
  /** Whose it is: see `running.ts`. */
  readonly request = running.request;
  #onOver: (() => void) | undefined;

  /** `head` is `METHOD url` and fields, as lines. Throws where the kernel takes no more requests. */
  constructor(head: string, size: number, place: string) {
    super();
    this.#place = place;
    this.#id = fetchBegin(head, size);
    if (this.#id < 0) throw new TypeError(`fetch failed: ${BEGINNINGS[this.#id] ?? `status ${this.#id}`}`);
    listed.set(this.#id, this);
  }

  /** Called once when nothing more comes of it. */
  whenOver(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#onOver = callback;
  }

  /** The response's status line and fields, as the kernel gives them. */
  async head(): Promise<string> {
    for (;;) {
      this.#check();
      const head = fetchHead(this.#id);
      if (typeof head === "string") return head;
      await new Promise<unknown>((resolve) => (this.#wakeHead = resolve));
    }
  }

  /** Of one that asked for a WebSocket and whose head is 101: the stream becomes a socket. Its number, or a status. */
  adopt(limit: number): number {
    const socket = socketAdopt(this.#id, limit);
    if (socket > 0) this.#finish();
    return socket;
  }

  protected get isEnded(): boolean {
    return this.#isOver;
  }

  /** Bytes of the request's body. */
  protected take(bytes: Uint8Array): number {
    return fetchWrite(this.#id, bytes);
  }

  async end(): Promise<void> {
    while (!this.#isOver && fetchEnd(this.#id) === AGAIN) await this.untilWritable();
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      this.#check();
      if (this.#isOver) return undefined;
      const got = fetchRead(this.#id);
      if (typeof got !== "number") return new Uint8Array(got);
      if (got !== AGAIN) this.#finish();
      if (got === END) return undefined;
      if (got === AGAIN) await this.untilReadable();
    }
  }

  #check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  cancel(): void {
    this.abort(new TypeError("The response's body was cancelled"));
  }

  /** Gives it up; whoever waits for it gets `reason`. */
  abort(reason: unknown): void {
    if (this.#isOver) return;
    fetchAbort(this.#id);
    this.#fail(reason);
  }

  failed(failure: number): void {
    const why = FAILURES[failure] ?? `failure ${failure}`;
    const text =
      failure === NOT_ALLOWED
        ? `${this.#place} is not allowed; allow it with --allow ${this.#place}`
        : `${this.#place}: ${why}`;
    this.#fail(Object.assign(new TypeError(`fetch failed: ${text}`), { code: CODES[failure] }));
  }

  #fail(error: unknown): void {
    this.#error = error;
    this.#finish();
  }

  #finish(): void {
    this.#isOver = true;
    listed.delete(this.#id);
    this.hasHead();
    this.readable();
    this.writable();
    this.#onOver?.();
  }

  hasHead(): void {
    const wake = this.#wakeHead;
    this.#wakeHead = undefined;
    wake?.();
  }
}

/** The exchange that the kernel tells of; what follows is its request's work. */
function entered(id: number): Outgoing | undefined {
  const exchange = listed.get(id);
  running.request = exchange?.request ?? NOBODY;
  return exchange;
}

/** What the kernel tells, by exchange. */
export const outgoing = {
  head: (id: number): void => entered(id)?.hasHead(),
  readable: (id: number): void => entered(id)?.readable(),
  writable: (id: number): void => entered(id)?.writable(),
  failed: (id: number, failure: number): void => entered(id)?.failed(failure),
};
