/**
 * WebSocket (WebSockets Standard, section 3): one to another server, by `new WebSocket(url)`, or one of a WebSocketPair, as
 * Cloudflare's workers have it: the first end goes into `new Response(null, { status: 101, webSocket })`, the second is
 * the app's.
 *
 * Tests:  tests/functional/websocket.test.ts, tests/functional/websocket-client.test.ts
 */
import { isBytes, joinBytes, toUint8Array } from "./bytes.ts";
import { Blob, piecesOf } from "./blob.ts";
import { DOMException } from "./dom-exception.ts";
import { Event, EventTarget, fire, handlerOf, setHandler, type EventInit, type Listener } from "./event.ts";
import { ErrorEvent, MessageEvent } from "./events.ts";
import { defineConstants, nameClass, requireArguments } from "./globals.ts";
import { decode, encode } from "./host.ts";
import { socketAccept, socketClose, socketKind, socketRead, socketReason, socketSend } from "./host.ts";
import type { Outgoing } from "./outgoing.ts";
import { NOBODY, running } from "./running.ts";
import { ask, askedFor, chosenProtocol, type Asked, type WebSocketInit } from "./websocket-client.ts";

/** Numbers of `src/abi/status.ts`. */
const FULL = -4;
const END = -5;

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const TEXT = 1;
const BINARY = 2;
const FINAL = 0x80;
/** The most that the kernel takes in one frame. */
const FRAME_BYTES = 65536;
const NORMAL = 1000;
const NO_CODE = 1005;
const ABNORMAL = 1006;
const REASON_LIMIT = 123;
const NOTHING = new Uint8Array(0);
const CLOSED_EARLY = "it was closed before it was open";

export class CloseEvent extends Event {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, init: EventInit & { code?: number; reason?: string; wasClean?: boolean } = {}) {
    super(type, init);
    this.#code = Number(init.code ?? 0);
    this.#reason = String(init.reason ?? "");
    this.#wasClean = Boolean(init.wasClean);
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }
}
nameClass(CloseEvent, "CloseEvent");

/** A message on its way, and how much of it has left. */
interface Waiting {
  readonly opcode: number;
  readonly bytes: Uint8Array;
  offset: number;
}

/** Of an end of a pair. */
const OWN = Symbol("own");
const listed = new Map<number, WebSocket>();
/** To other servers, until they are closed. */
const clients = new Set<WebSocket>();

/** Whether a program still has to do with a WebSocket of another server. */
export function hasWebSockets(): boolean {
  return clients.size > 0;
}

let entangle: (first: WebSocket, second: WebSocket) => void;
let attach: (first: WebSocket, request: number, fields: string) => number;
let tell: {
  readable(socket: WebSocket): void;
  writable(socket: WebSocket): void;
  closed(socket: WebSocket, code: number): void;
};

export class WebSocket extends EventTarget {
  /** Of the first end: the app's. */
  #app: WebSocket | undefined;
  /** The kernel's number; 0 until the response has left. */
  #id = 0;
  #state = STATES.CONNECTING;
  #binaryType: "arraybuffer" | "blob" = "arraybuffer";
  /** Of one to another server. */
  #asked: Asked | undefined;
  #outgoing: Outgoing | undefined;
  #protocol = "";
  #waiting: Waiting[] = [];
  #pieces: Uint8Array[] = [];
  /** What to say last, once all that waits has left. */
  #farewell: { readonly code: number; readonly reason: Uint8Array } | undefined;

  constructor(url: unknown, init?: WebSocketInit) {
    requireArguments(arguments, 1, "WebSocket");
    super();
    if (url === OWN) return;
    this.#asked = askedFor(url, init);
    this.#binaryType = "blob";
    clients.add(this);
    void this.#connect(this.#asked);
  }

  async #connect(asked: Asked): Promise<void> {
    // Listeners are there before anything is told.
    await undefined;
    try {
      if (this.#state !== STATES.CONNECTING) throw new TypeError(CLOSED_EARLY);
      const outgoing = (this.#outgoing = ask(asked));
      this.#protocol = chosenProtocol(await outgoing.head(), asked);
      const id = outgoing.adopt();
      if (id < 0) throw new TypeError(`the kernel refuses a WebSocket: status ${id}`);
      this.#id = id;
      listed.set(id, this);
    } catch (error) {
      this.#outgoing?.abort(error);
      this.#fail(error);
      return;
    }
    this.#state = STATES.OPEN;
    fire(this, new Event("open"));
  }

  /** It never opened. */
  #fail(error: unknown): void {
    this.#state = STATES.CLOSED;
    this.#protocol = "";
    clients.delete(this);
    const why = error instanceof Error ? error.message.replace(/^fetch failed: /, "") : String(error);
    fire(this, new ErrorEvent("error", { message: `WebSocket to ${this.url}: ${why}`, error }));
    fire(this, new CloseEvent("close", { code: ABNORMAL }));
  }

  static {
    entangle = (first, second) => void (first.#app = second);
    attach = (first, request, fields) => first.#attach(request, fields);
    tell = {
      readable: (socket) => socket.#readable(),
      writable: (socket) => socket.#flush(),
      closed: (socket, code) => socket.#closed(code),
    };
  }

  #attach(request: number, fields: string): number {
    const app = this.#app;
    if (app === undefined) throw new TypeError("A response's webSocket is the first of a WebSocketPair");
    if (app.#state === STATES.CONNECTING) {
      throw new TypeError("accept() the pair's second WebSocket before the response is returned");
    }
    if (app.#id !== 0) throw new TypeError("The WebSocket has answered another request already");
    const id = socketAccept(request, fields);
    if (id < 0) return id;
    app.#id = id;
    listed.set(id, app);
    app.#flush();
    return id;
  }

  /** Messages and events come from now on. */
  accept(): void {
    if (this.#asked !== undefined) throw new TypeError("Only the second of a WebSocketPair is accepted");
    if (this.#app !== undefined) throw new TypeError("The first of a WebSocketPair is the response's");
    if (this.#state === STATES.CONNECTING) this.#state = STATES.OPEN;
  }

  send(data: unknown): void {
    if (this.#state === STATES.CONNECTING) {
      const what = this.#asked === undefined ? "accept() the WebSocket" : "The WebSocket has to be open";
      throw new DOMException(`${what} before anything is sent`, "InvalidStateError");
    }
    if (this.#state !== STATES.OPEN) return;
    const content = data instanceof Blob ? joinBytes(piecesOf(data)) : data;
    const isBinary = isBytes(content);
    // A copy: the caller may write into its bytes before they are sent.
    const bytes = isBinary ? toUint8Array(content).slice() : new Uint8Array(encode(String(content)));
    this.#waiting.push({ opcode: isBinary ? BINARY : TEXT, bytes, offset: 0 });
    if (this.#waiting.length === 1) this.#flush();
  }

  /** Sends what waits, as far as the peer takes it; then the farewell. */
  #flush(): void {
    if (this.#id === 0) return;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const piece = first.bytes.subarray(first.offset, first.offset + FRAME_BYTES);
      const isLast = first.offset + piece.length === first.bytes.length;
      const frame = (first.offset === 0 ? first.opcode : 0) | (isLast ? FINAL : 0);
      const status = socketSend(this.#id, frame, piece);
      if (status === FULL) return;
      if (status < 0) this.#waiting.length = 0;
      else if (isLast) this.#waiting.shift();
      else first.offset += piece.length;
    }
    if (this.#farewell === undefined) return;
    socketClose(this.#id, this.#farewell.code, this.#farewell.reason);
    this.#farewell = undefined;
  }

  close(code?: number, reason = ""): void {
    const number = code === undefined ? NO_CODE : Math.trunc(Number(code));
    const isServers =
      this.#asked === undefined && number >= 1000 && number <= 1014 && ![1004, 1005, 1006].includes(number);
    const isSayable = isServers || number === NORMAL || (number >= 3000 && number <= 4999);
    if (!isSayable && code !== undefined) {
      throw new DOMException(`${String(code)} is no code to close with`, "InvalidAccessError");
    }
    const text = new Uint8Array(encode(String(reason)));
    if (text.length > REASON_LIMIT)
      throw new DOMException("The reason is longer than 123 bytes", "SyntaxError");
    if (this.#state >= STATES.CLOSING) return;
    const isConnecting = this.#asked !== undefined && this.#state === STATES.CONNECTING;
    this.#state = STATES.CLOSING;
    if (isConnecting) {
      this.#outgoing?.abort(new TypeError(CLOSED_EARLY));
      return;
    }
    this.#farewell = { code: number, reason: number === NO_CODE ? NOTHING : text };
    this.#flush();
  }

  /** Takes what has come; an event for each message that is complete. */
  #readable(): void {
    for (;;) {
      const kind = socketKind(this.#id);
      const got = socketRead(this.#id);
      if (typeof got !== "number") {
        this.#pieces.push(new Uint8Array(got));
        continue;
      }
      if (got !== END) return;
      const bytes = joinBytes(this.#pieces);
      this.#pieces = [];
      if (this.#state === STATES.OPEN)
        fire(this, new MessageEvent("message", { data: this.#dataOf(kind, bytes) }));
    }
  }

  #dataOf(kind: number, bytes: Uint8Array): unknown {
    if (kind === TEXT) return decode(bytes, false);
    return this.#binaryType === "blob" ? new Blob([bytes]) : bytes.slice().buffer;
  }

  #closed(code: number): void {
    const reason = socketReason(this.#id);
    listed.delete(this.#id);
    clients.delete(this);
    this.#state = STATES.CLOSED;
    this.#waiting.length = 0;
    this.#pieces = [];
    if (code < 0) {
      const message = `The peer broke the protocol and was told ${-code}`;
      fire(this, new ErrorEvent("error", { message, error: new Error(message) }));
    }
    const wasClean = code > 0 && code !== ABNORMAL;
    fire(this, new CloseEvent("close", { code: code < 0 ? ABNORMAL : code, reason, wasClean }));
  }

  get readyState(): number {
    return this.#state;
  }

  get bufferedAmount(): number {
    return this.#waiting.reduce((sum, { bytes, offset }) => sum + bytes.length - offset, 0);
  }

  get binaryType(): string {
    return this.#binaryType;
  }

  set binaryType(value: string) {
    if (value === "arraybuffer" || value === "blob") this.#binaryType = value;
  }

  get url(): string {
    return this.#asked === undefined ? "" : this.#asked.url.href;
  }

  get protocol(): string {
    return this.#protocol;
  }

  get extensions(): string {
    return "";
  }

  get onopen(): Listener | null {
    return handlerOf(this, "open");
  }

  set onopen(value: Listener | null) {
    setHandler(this, "open", value);
  }

  get onmessage(): Listener | null {
    return handlerOf(this, "message");
  }

  set onmessage(value: Listener | null) {
    setHandler(this, "message", value);
  }

  get onclose(): Listener | null {
    return handlerOf(this, "close");
  }

  set onclose(value: Listener | null) {
    setHandler(this, "close", value);
  }

  get onerror(): Listener | null {
    return handlerOf(this, "error");
  }

  set onerror(value: Listener | null) {
    setHandler(this, "error", value);
  }
}
nameClass(WebSocket, "WebSocket");
defineConstants(WebSocket, STATES);

/** Two ends: `const [forResponse, mine] = Object.values(new WebSocketPair())`. */
export class WebSocketPair {
  readonly 0 = new WebSocket(OWN);
  readonly 1 = new WebSocket(OWN);

  constructor() {
    entangle(this[0], this[1]);
  }
}
nameClass(WebSocketPair, "WebSocketPair");

/** Answers a request with a WebSocket: 0 or more, or the kernel's `Status`. */
export function answerWithSocket(webSocket: WebSocket, request: number, fields: string): number {
  return attach(webSocket, request, fields);
}

/** The socket that the kernel tells of. Its request is answered, and has no work any more. */
function entered(id: number): WebSocket | undefined {
  running.request = NOBODY;
  return listed.get(id);
}

/** What the kernel tells, by socket. */
export const sockets = {
  readable(id: number): void {
    const socket = entered(id);
    if (socket !== undefined) tell.readable(socket);
  },

  writable(id: number): void {
    const socket = entered(id);
    if (socket !== undefined) tell.writable(socket);
  },

  closed(id: number, code: number): void {
    const socket = entered(id);
    if (socket !== undefined) tell.closed(socket, code);
  },
};
