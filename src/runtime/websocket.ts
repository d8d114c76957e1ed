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
import { Event, EventTarget, fire, handlerOf, setHandler, type Listener } from "./event.ts";
import { CloseEvent, ErrorEvent, MessageEvent } from "./events.ts";
import { defineConstants, nameClass, requireArguments } from "./globals.ts";
import { decode, encode } from "./host.ts";
import { ABNORMAL, Channel, NO_CODE } from "./socket-channel.ts";
import { askedFor, type Asked, type WebSocketInit } from "./websocket-client.ts";

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const TEXT = 1;
const BINARY = 2;
const FINAL = 0x80;
const NORMAL = 1000;
const REASON_LIMIT = 123;

/** Of an end of a pair. */
const OWN = Symbol("own");
let entangle: (first: WebSocket, second: WebSocket) => void;
let attach: (first: WebSocket, request: number, fields: string) => number;

export class WebSocket extends EventTarget {
  /** Of the first end: the app's. */
  #app: WebSocket | undefined;
  readonly #channel = new Channel({
    message: (kind, bytes) => this.#message(kind, bytes),
    closed: (code, reason, error) => this.#closed(code, reason, error),
  });
  /** Its channel is the answer to a request. */
  #isAttached = false;
  #state = STATES.CONNECTING;
  #binaryType: "arraybuffer" | "blob" = "arraybuffer";
  /** Of one to another server. */
  #asked: Asked | undefined;
  #protocol = "";

  constructor(url: unknown, init?: WebSocketInit) {
    requireArguments(arguments, 1, "WebSocket");
    super();
    if (url === OWN) return;
    this.#asked = askedFor(url, init);
    this.#binaryType = "blob";
    void this.#connect(this.#asked);
  }

  async #connect(asked: Asked): Promise<void> {
    try {
      this.#protocol = await this.#channel.connect(asked);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#state = STATES.OPEN;
    fire(this, new Event("open"));
  }

  /** It never opened. */
  #fail(error: unknown): void {
    this.#state = STATES.CLOSED;
    const why = error instanceof Error ? error.message.replace(/^fetch failed: /, "") : String(error);
    fire(this, new ErrorEvent("error", { message: `WebSocket to ${this.url}: ${why}`, error }));
    fire(this, new CloseEvent("close", { code: ABNORMAL }));
  }

  static {
    entangle = (first, second) => void (first.#app = second);
    attach = (first, request, fields) => first.#attach(request, fields);
  }

  #attach(request: number, fields: string): number {
    const app = this.#app;
    if (app === undefined) throw new TypeError("A response's webSocket is the first of a WebSocketPair");
    if (app.#state === STATES.CONNECTING) {
      throw new TypeError("accept() the pair's second WebSocket before the response is returned");
    }
    if (app.#isAttached) throw new TypeError("The WebSocket has answered another request already");
    const id = app.#channel.accept(request, fields);
    app.#isAttached = id >= 0;
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
    const bytes = isBinary ? toUint8Array(content) : new Uint8Array(encode(String(content)));
    this.#channel.send(FINAL | (isBinary ? BINARY : TEXT), bytes);
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
    if (isConnecting) this.#channel.abort();
    else this.#channel.close(number, text);
  }

  #message(kind: number, bytes: Uint8Array): void {
    if (this.#state !== STATES.OPEN) return;
    fire(this, new MessageEvent("message", { data: this.#dataOf(kind, bytes) }));
  }

  #dataOf(kind: number, bytes: Uint8Array): unknown {
    if (kind === TEXT) return decode(bytes, false);
    return this.#binaryType === "blob" ? new Blob([bytes]) : bytes.slice().buffer;
  }

  #closed(code: number, reason: Uint8Array, failure?: Error): void {
    this.#state = STATES.CLOSED;
    const told = code < 0 ? new Error(`The peer broke the protocol and was told ${-code}`) : failure;
    if (told !== undefined) fire(this, new ErrorEvent("error", { message: told.message, error: told }));
    const wasClean = code > 0 && code !== ABNORMAL;
    const init = { code: code < 0 ? ABNORMAL : code, reason: decode(reason, false)!, wasClean };
    fire(this, new CloseEvent("close", init));
  }

  get readyState(): number {
    return this.#state;
  }

  get bufferedAmount(): number {
    return this.#channel.waitingBytes;
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
