/**
 * ServerResponse: what an app writes becomes a Response of the runtime's.
 *
 * An answer that ends in the turn in which it begins is one text or one piece of bytes, which the kernel sends in one
 * segment. What takes longer is a stream that is pulled as fast as the client reads: `write` says false while pieces
 * wait, and `drain` follows.
 */
import { Buffer } from "../buffer.ts";
import { coded, invalidType, outOfRange } from "../errors.ts";
import { STATUS_CODES } from "./codes.ts";
import type { IncomingMessage } from "./incoming.ts";
import { OutgoingMessage, type HeaderValue } from "./outgoing.ts";
import type { Connection } from "./socket.ts";
import type { UpgradeSocket } from "./upgrade.ts";

type Done = (error?: Error | null) => void;
type HeaderList = Readonly<Record<string, HeaderValue>> | readonly HeaderValue[];

/** Packages put their own in its place, which is no answer here. */
export const { Response: WebResponse } = globalThis;

const HIGH_WATER_BYTES = 16384;
/** Statuses whose answer has no body (RFC 9110, 6.4.1). */
const BODILESS = new Set([204, 205, 304]);

export class ServerResponse extends OutgoingMessage {
  statusCode = 200;
  statusMessage: string | undefined;
  sendDate = true;
  /** `end` was called. */
  finished = false;
  writableFinished = false;
  destroyed = false;
  writableNeedDrain = false;
  readonly writable = true;
  readonly writableHighWaterMark = HIGH_WATER_BYTES;
  readonly req: IncomingMessage;
  #resolve: (response: Response) => void;
  /** What was written and nobody has pulled. */
  #pieces: (string | Uint8Array)[] = [];
  #size = 0;
  /** The client's pull that waits for the next piece. */
  #wake: (() => void) | undefined;
  #isBegun = false;
  #isClosed = false;
  #failure: Error | undefined;

  /** `resolve` takes the answer once its head is known. */
  constructor(request: IncomingMessage, resolve: (response: Response) => void = () => undefined) {
    super();
    this.req = request;
    this.#resolve = resolve;
  }

  get socket(): Connection {
    return this.req.socket;
  }

  get connection(): Connection {
    return this.socket;
  }

  get writableEnded(): boolean {
    return this.finished;
  }

  get writableLength(): number {
    return this.#size;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  writeHead(status: number, reason?: string | HeaderList, headers?: HeaderList): this {
    this.requireUnsent("write");
    const code = Math.trunc(Number(status));
    if (!(code >= 100 && code <= 999))
      throw coded(RangeError, "ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${String(status)}`);
    const fields = typeof reason === "string" ? headers : (reason ?? headers);
    this.statusCode = code;
    this.statusMessage = typeof reason === "string" ? reason : (this.statusMessage ?? STATUS_CODES[code]);
    if (Array.isArray(fields)) this.#setList(fields as readonly HeaderValue[]);
    else for (const [name, value] of Object.entries(fields ?? {})) this.setHeader(name, value as HeaderValue);
    this.headersSent = true;
    return this;
  }

  /** Names and values in turn; a name may come again. */
  #setList(list: readonly HeaderValue[]): void {
    for (let index = 0; index < list.length; index += 2) this.removeHeader(String(list[index]));
    for (let index = 0; index < list.length; index += 2)
      this.appendHeader(String(list[index]), list[index + 1]!);
  }

  write(piece: unknown, encoding?: unknown, done?: unknown): boolean {
    const callback = typeof encoding === "function" ? (encoding as Done) : (done as Done | undefined);
    if (this.finished)
      return this.#refuse(coded(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end"), callback);
    this.#begin();
    this.#take(piece, encoding);
    if (callback !== undefined) queueMicrotask(() => callback());
    this.#wake?.();
    this.writableNeedDrain = this.#size >= HIGH_WATER_BYTES;
    return !this.writableNeedDrain;
  }

  end(piece?: unknown, encoding?: unknown, done?: unknown): this {
    const callback = [piece, encoding, done].find((one) => typeof one === "function") as Done | undefined;
    if (this.finished) {
      if (callback !== undefined)
        queueMicrotask(() =>
          callback(
            coded(Error, "ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished"),
          ),
        );
      return this;
    }
    if (callback !== undefined) this.once("finish", callback as () => void);
    this.#begin();
    if (piece !== undefined && piece !== null && typeof piece !== "function") this.#take(piece, encoding);
    this.finished = true;
    this.#wake?.();
    return this;
  }

  flushHeaders(): void {
    this.#begin();
  }

  #take(piece: unknown, encoding: unknown): void {
    if (typeof piece !== "string" && !(piece instanceof Uint8Array))
      throw piece === null
        ? coded(TypeError, "ERR_STREAM_NULL_VALUES", "May not write null values to stream")
        : invalidType("chunk", ["string", "Buffer", "Uint8Array"], piece);
    const isUtf8 = typeof encoding !== "string" || /^utf-?8$/i.test(encoding);
    const taken = typeof piece === "string" && !isUtf8 ? Buffer.from(piece, encoding) : piece;
    if (taken.length === 0 || this.req.method === "HEAD" || BODILESS.has(this.statusCode)) return;
    this.#pieces.push(taken);
    this.#size += taken.length;
  }

  /** The head is written, and the answer leaves with the end of this turn. */
  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    // By its name: packages put their own in its place, to see the head before it leaves.
    if (!this.headersSent) this.writeHead(this.statusCode);
    queueMicrotask(() => this.#send());
  }

  #send(): void {
    if (this.#isClosed) return;
    const head = { status: this.statusCode, headers: this.lines() };
    if (!(head.status >= 200 && head.status <= 599))
      throw outOfRange("statusCode", ">= 200 && <= 599", head.status);
    if (!this.finished && this.req.method !== "HEAD") {
      this.#resolve(new WebResponse(this.#stream(), head));
      return;
    }
    let body = this.#pieces.length === 0 ? null : this.#next();
    // A Response of text would be given a type.
    if (typeof body === "string" && !this.hasHeader("content-type")) body = Buffer.from(body);
    this.#resolve(new WebResponse(body as BodyInit | null, head));
    queueMicrotask(() => this.#finish());
  }

  /** All that waits, as one piece. */
  #next(): string | Uint8Array {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#size = 0;
    if (pieces.length === 1) return pieces[0]!;
    if (pieces.every((piece) => typeof piece === "string")) return pieces.join("");
    return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (this.#size === 0 && !this.finished && this.#failure === undefined)
            await new Promise<void>((resolve) => (this.#wake = resolve));
          this.#wake = undefined;
          if (this.#failure !== undefined) throw this.#failure;
          if (this.#size === 0) {
            controller.close();
            this.#finish();
            return;
          }
          const piece = this.#next();
          controller.enqueue(typeof piece === "string" ? Buffer.from(piece) : piece);
          if (!this.writableNeedDrain) return;
          this.writableNeedDrain = false;
          queueMicrotask(() => this.emit("drain"));
        },
        cancel: () => this.leave(),
      },
      { highWaterMark: 0 },
    );
  }

  #finish(): void {
    if (this.writableFinished) return;
    this.writableFinished = true;
    this.emit("prefinish");
    this.emit("finish");
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.emit("close");
  }

  #refuse(error: Error, callback: Done | undefined): boolean {
    queueMicrotask(() => {
      callback?.(error);
      if (this.listenerCount("error") > 0) this.emit("error", error);
    });
    return false;
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#failure = error ?? new Error("The response was destroyed");
    if (this.#wake !== undefined) this.#wake();
    // Nothing was sent: the client's connection ends with an empty answer's stream.
    else if (!this.#isBegun) this.#resolve(new WebResponse(this.#stream(), { status: this.statusCode }));
    queueMicrotask(() => {
      if (error !== undefined && this.listenerCount("error") > 0) this.emit("error", error);
      this.#close();
    });
    return this;
  }

  /** The client went away. */
  leave(): void {
    if (this.#isClosed) return;
    this.destroyed = true;
    this.#failure = new Error("The client closed the connection");
    this.#wake?.();
    this.#close();
  }

  setTimeout(_ms: number, _callback?: () => void): this {
    return this;
  }

  /** Of a request that asked for another protocol, and is to have this answer. */
  assignSocket(socket: Connection): void {
    if ("answer" in socket) this.#resolve = (response) => (socket as UpgradeSocket).answer(response);
  }

  writeContinue(): void {}

  writeProcessing(): void {}

  writeEarlyHints(): void {}
}
