/**
 * WebSocket of the package `ws`: one that a server accepted, or one to another server. Frames are the kernel's, which
 * answers pings, tells text that is no UTF-8, and holds back a peer while nobody reads; messages are the channel's
 * (`src/runtime/socket-channel.ts`).
 *
 * Tests:  tests/functional/published-sockets.test.ts
 */
import { Buffer } from "../buffer.ts";
import { coded } from "../errors.ts";
import { EventEmitter, type Listener, type Name } from "../events.ts";
import type { UpgradeSocket } from "../http/upgrade.ts";
import { machine } from "../machine.ts";
import type { SocketChannel, SocketOwner } from "../../runtime/machine-calls.ts";
import { listen, setHandler, unlisten, type EventListener } from "./event-target.ts";

export type Data = string | number | ArrayBuffer | ArrayBufferView;
export type Done = (error?: Error) => void;

export interface Options {
  protocols?: string | string[];
  headers?: Record<string, string | number>;
  origin?: string;
  auth?: string;
  handshakeTimeout?: number;
  maxPayload?: number;
}

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const NAMES = Object.keys(STATES);
const BINARY_TYPES = ["nodebuffer", "arraybuffer", "fragments", "blob"];
const TEXT = 1;
const BINARY = 2;
const PING = 9;
const PONG = 10;
const FINAL = 0x80;
const NO_CODE = 1005;
const ABNORMAL = 1006;
const REASON_LIMIT = 123;
const CONTROL_LIMIT = 125;
/** `ws` knows no limit by 0. */
const LONGEST = 0x7fff_ffff;
const EMPTY = Buffer.alloc(0);
/** A number of `src/abi/status.ts`. */
const FULL = -4;
const BAD_REQUEST = 400;
const UNAVAILABLE = 503;

/** What a peer was told that broke the protocol, as `ws` puts it. */
const VIOLATIONS: Readonly<Record<number, () => Error>> = {
  1007: () => coded(Error, "WS_ERR_INVALID_UTF8", "Invalid WebSocket frame: invalid UTF-8 sequence"),
  1009: () => coded(RangeError, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "Max payload size exceeded"),
};

/** The longest message as the kernel takes it; 0: its own limit, 1 MiB. */
export function limitOf(maxPayload: number | undefined): number {
  if (maxPayload === undefined) return 0;
  return maxPayload > 0 ? Math.min(Math.trunc(maxPayload), LONGEST) : LONGEST;
}

export class WebSocket extends EventEmitter {
  declare static readonly CONNECTING: number;
  declare static readonly OPEN: number;
  declare static readonly CLOSING: number;
  declare static readonly CLOSED: number;
  declare readonly CONNECTING: number;
  declare readonly OPEN: number;
  declare readonly CLOSING: number;
  declare readonly CLOSED: number;

  /** Packages look at these two. */
  _socket: UpgradeSocket | null = null;
  _protocol = "";
  #channel: SocketChannel | undefined;
  #state = STATES.CONNECTING;
  #binaryType = "nodebuffer";
  #isPaused = false;
  #isHeeding = false;
  #isServers = true;
  /** A message was begun whose end is not sent. */
  #isWithin = false;
  /** Of what was sent when nothing could be. */
  #lostBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #url = "";
  readonly #owner: SocketOwner = {
    message: (kind, bytes) => this.#message(kind, bytes),
    closed: (code, reason, error) => this.#closed(code, reason, error),
    control: (opcode, bytes) => void this.emit(opcode === PING ? "ping" : "pong", bufferOf(bytes)),
  };

  constructor(address: string | URL | null, protocols?: string | string[] | Options, options?: Options) {
    super();
    const isList = typeof protocols === "string" || Array.isArray(protocols);
    const given = (isList ? options : (protocols ?? options)) ?? {};
    const list = (isList ? protocols : given.protocols) ?? [];
    // A server's: `accept` follows.
    if (address !== null) this.#connect(String(address), [list].flat(), given);
  }

  #connect(address: string, protocols: string[], options: Options): void {
    this.#isServers = false;
    const { url, headers } = asked(address, options);
    this.#url = url.href;
    const limit = limitOf(options.maxPayload);
    const { channel, opened } = machine.connectSocket(url.href, { protocols, headers }, limit, this.#owner);
    this.#channel = channel;
    const { handshakeTimeout = 0 } = options;
    if (handshakeTimeout > 0)
      this.#timer = setTimeout(() => this.#giveUp("Opening handshake has timed out"), handshakeTimeout);
    opened.then(
      (protocol) => this.#opened(protocol),
      (error: unknown) => this.#failed(error),
    );
  }

  #opened(protocol: string): void {
    clearTimeout(this.#timer);
    this._protocol = protocol;
    this.#state = STATES.OPEN;
    if (this.#isHeeding) this.#channel!.heed();
    if (this.#isPaused) this.#channel!.pause();
    this.emit("open");
  }

  /** It never opened. */
  #failed(error: unknown): void {
    if (this.#state === STATES.CLOSED) return;
    clearTimeout(this.#timer);
    const { status, code, message } = error as { status?: number; code?: string; message: string };
    const text =
      status === undefined ? message.replace(/^fetch failed: /, "") : `Unexpected server response: ${status}`;
    this.#end(ABNORMAL, EMPTY, code === undefined ? new Error(text) : coded(Error, code, text));
  }

  #giveUp(why: string): void {
    this.#state = STATES.CLOSING;
    this.#channel?.abort();
    this.#failed(new Error(why));
  }

  /** Answers a request: 0, or the status of HTTP with which the kernel would refuse it. */
  accept(socket: UpgradeSocket, fields: string, maxPayload: number | undefined): number {
    const channel = socket.accept(fields, limitOf(maxPayload), this.#owner);
    if (typeof channel === "number") return channel === FULL ? UNAVAILABLE : BAD_REQUEST;
    this.#channel = channel;
    this._socket = socket;
    this.#state = STATES.OPEN;
    if (this.#isHeeding) channel.heed();
    // It was destroyed by hand.
    socket.once("close", () => this.#end(ABNORMAL, EMPTY));
    this.emit("open");
    return 0;
  }

  #message(kind: number, bytes: Uint8Array): void {
    if (this.#state !== STATES.OPEN) return;
    const isBinary = kind === BINARY;
    this.emit("message", isBinary ? this.#dataOf(bytes) : bufferOf(bytes), isBinary);
  }

  #dataOf(bytes: Uint8Array): unknown {
    if (this.#binaryType === "nodebuffer") return bufferOf(bytes);
    if (this.#binaryType === "fragments") return [bufferOf(bytes)];
    return this.#binaryType === "blob" ? new Blob([bytes as unknown as BlobPart]) : bytes.slice().buffer;
  }

  #closed(code: number, reason: Uint8Array, failure?: Error): void {
    if (code >= 0) this.#end(code, bufferOf(reason), failure);
    else
      this.#end(ABNORMAL, EMPTY, (VIOLATIONS[-code] ?? (() => new RangeError("Invalid WebSocket frame")))());
  }

  #end(code: number, reason: Buffer, error?: Error): void {
    if (this.#state === STATES.CLOSED) return;
    this.#state = error === undefined ? STATES.CLOSED : STATES.CLOSING;
    try {
      // Without a listener this throws, and is told as what nobody caught.
      if (error !== undefined) this.emit("error", error);
    } finally {
      this.#state = STATES.CLOSED;
      this._socket?.gone();
      this.emit("close", code, reason);
    }
  }

  /** The kernel answers pings by itself: it tells of them, and of pongs, where somebody listens. */
  #heed(): void {
    if (this.#isHeeding) return;
    this.#isHeeding = true;
    this.#channel?.heed();
  }

  static {
    const { addListener } = EventEmitter.prototype;
    const on = function (this: WebSocket, name: Name, listener: Listener): WebSocket {
      if (name === "ping" || name === "pong") this.#heed();
      return addListener.call(this, name, listener) as WebSocket;
    };
    Object.assign(this.prototype, { on, addListener: on }, STATES);
    Object.assign(this, STATES);
  }

  send(data: Data, options?: { binary?: boolean; fin?: boolean } | Done, done?: Done): void {
    const callback = typeof options === "function" ? options : done;
    const bytes = bytesOf(data);
    if (!this.#maySend(bytes, callback)) return;
    const { binary = typeof data !== "string" && typeof data !== "number", fin = true } =
      typeof options === "object" ? options : {};
    const opcode = this.#isWithin ? 0 : binary ? BINARY : TEXT;
    this.#isWithin = !fin;
    this.#channel!.send(opcode | (fin ? FINAL : 0), bytes, callback);
  }

  ping(data?: Data | Done, mask?: boolean | Done, done?: Done): void {
    this.#control(PING, data, mask, done);
  }

  pong(data?: Data | Done, mask?: boolean | Done, done?: Done): void {
    this.#control(PONG, data, mask, done);
  }

  #control(opcode: number, ...given: unknown[]): void {
    const callback = given.find((one) => typeof one === "function") as Done | undefined;
    const [data] = given;
    const bytes = data === undefined || data === null || data === callback ? EMPTY : bytesOf(data as Data);
    if (bytes.length > CONTROL_LIMIT)
      throw new RangeError("The data size must not be greater than 125 bytes");
    if (this.#maySend(bytes, callback)) this.#channel!.send(FINAL | opcode, bytes, callback);
  }

  #maySend(bytes: Uint8Array, callback: Done | undefined): boolean {
    if (this.#state === STATES.OPEN) return true;
    const why = `WebSocket is not open: readyState ${this.#state} (${NAMES[this.#state]})`;
    if (this.#state === STATES.CONNECTING) throw new Error(why);
    this.#lostBytes += bytes.length;
    if (callback !== undefined) queueMicrotask(() => callback(new Error(why)));
    return false;
  }

  close(code?: number, reason: string | Uint8Array = ""): void {
    if (code !== undefined && !maySay(code))
      throw new TypeError("First argument must be a valid error code number");
    const bytes = bytesOf(reason);
    if (bytes.length > REASON_LIMIT) throw new RangeError("The message must not be greater than 123 bytes");
    if (this.#state === STATES.CONNECTING) this.#abandon();
    if (this.#state !== STATES.OPEN) return;
    this.#state = STATES.CLOSING;
    this.#channel!.close(code ?? NO_CODE, bytes);
  }

  #abandon(): void {
    this.#state = STATES.CLOSING;
    queueMicrotask(() => this.#giveUp("WebSocket was closed before the connection was established"));
  }

  terminate(): void {
    if (this.#state === STATES.CONNECTING) this.#abandon();
    else if (this.#state !== STATES.CLOSED) {
      this.#state = STATES.CLOSING;
      this.#channel!.abort();
      queueMicrotask(() => this.#end(ABNORMAL, EMPTY));
    }
  }

  pause(): void {
    if (this.#state === STATES.CONNECTING || this.#state === STATES.CLOSED) return;
    this.#isPaused = true;
    this.#channel!.pause();
  }

  resume(): void {
    if (this.#state === STATES.CONNECTING || this.#state === STATES.CLOSED) return;
    this.#isPaused = false;
    this.#channel!.resume();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get readyState(): number {
    return this.#state;
  }

  get bufferedAmount(): number {
    return this.#lostBytes + (this.#channel?.waitingBytes ?? 0);
  }

  get binaryType(): string {
    return this.#binaryType;
  }

  set binaryType(type: string) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  get protocol(): string {
    return this._protocol;
  }

  get extensions(): string {
    return "";
  }

  get url(): string | undefined {
    return this.#isServers ? undefined : this.#url;
  }

  addEventListener(type: string, listener: EventListener, options?: { once?: boolean }): void {
    listen(this, type, listener, options?.once ?? false);
  }

  removeEventListener(type: string, listener: EventListener): void {
    unlisten(this, type, listener);
  }
}

for (const type of ["open", "message", "close", "error"])
  Object.defineProperty(WebSocket.prototype, `on${type}`, {
    configurable: true,
    enumerable: true,
    get(this: WebSocket) {
      return setHandler(this, type);
    },
    set(this: WebSocket, listener: unknown) {
      setHandler(this, type, listener);
    },
  });

/** The same bytes, as a Buffer. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
}

function bytesOf(data: Data | Uint8Array): Uint8Array {
  if (typeof data === "string" || typeof data === "number")
    return new Uint8Array(machine.encodeUtf8(String(data)));
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("What is sent is a string, or bytes");
}

/** RFC 6455, section 7.4. */
function maySay(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return Number.isInteger(code) && code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
}

function asked(
  address: string,
  { headers = {}, origin, auth }: Options,
): { url: URL; headers: Record<string, string> } {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new SyntaxError(`Invalid URL: ${address}`);
  }
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) fields[name.toLowerCase()] = String(value);
  if (origin !== undefined) fields["origin"] = origin;
  const given = url.username === "" ? auth : decodeURIComponent(`${url.username}:${url.password}`);
  if (given !== undefined) fields["authorization"] ??= `Basic ${Buffer.from(given).toString("base64")}`;
  url.username = url.password = "";
  return { url, headers: fields };
}
