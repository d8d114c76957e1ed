/**
 * The connection of a request that asks for another protocol, as listeners of a server's `upgrade` have it.
 *
 * The kernel keeps the bytes. What is written here is an answer of HTTP, as packages write it by hand
 * (`HTTP/1.1 401 Unauthorized` and so on), and is sent when it ends. What the connection may become is a WebSocket, by the
 * package `ws`: `accept`.
 *
 * Tests:  tests/functional/published-sockets.test.ts
 */
import { Buffer } from "../buffer.ts";
import { coded, notHere } from "../errors.ts";
import { machine } from "../machine.ts";
import type { SocketChannel, SocketOwner } from "../../runtime/machine-calls.ts";
import { WebResponse } from "./response.ts";
import { Connection } from "./socket.ts";

type Done = (error?: Error) => void;

/** What is written by hand is a refusal, and short. */
const ANSWER_LIMIT_BYTES = 65536;
const STATUS_LINE = /^HTTP\/1\.[01] ([2-5]\d\d)\b/;
const SWITCHES = /^HTTP\/1\.[01] 101\b/;
const HEAD_END = "\r\n\r\n";
/** How the answer is framed is the kernel's to say. */
const FRAMING = new Set(["connection", "content-length", "keep-alive", "transfer-encoding"]);
const BODILESS = new Set([204, 205, 304]);

/** Whether a request asks for another protocol (RFC 9110, section 7.8). */
export function asksToSwitch({ headers }: Request): boolean {
  return headers.has("upgrade") && /\bupgrade\b/i.test(headers.get("connection") ?? "");
}

export class UpgradeSocket extends Connection {
  bytesWritten = 0;
  readonly #request: Request;
  readonly #respond: (response: Response) => void;
  #pieces: Buffer[] = [];
  #isAnswered = false;
  #channel: SocketChannel | undefined;

  constructor(request: Request, respond: (response: Response) => void) {
    super(request, () => undefined);
    this.#request = request;
    this.#respond = respond;
  }

  /** `error`: the connection is over. */
  write(piece: string | Uint8Array, encoding?: unknown, done?: unknown): boolean {
    const callback = [encoding, done].find((one) => typeof one === "function") as Done | undefined;
    const bytes =
      typeof piece === "string"
        ? Buffer.from(piece, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8")
        : Buffer.from(piece);
    if (!this.writable || this.bytesWritten + bytes.length > ANSWER_LIMIT_BYTES) {
      const error = coded(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed");
      if (callback !== undefined) queueMicrotask(() => callback(error));
      return false;
    }
    if (this.#pieces.length === 0 && SWITCHES.test(bytes.toString("latin1")))
      throw notHere("an upgrade by hand", "the package ws can, and no other protocol is there");
    this.#pieces.push(bytes);
    this.bytesWritten += bytes.length;
    if (callback !== undefined) queueMicrotask(() => callback());
    return true;
  }

  /** What was written is the answer. */
  override end(piece?: unknown, encoding?: unknown, done?: unknown): this {
    const callback = [piece, encoding, done].find((one) => typeof one === "function") as Done | undefined;
    if (callback !== undefined) this.once("finish", callback as () => void);
    if (!this.writable) return this;
    if (typeof piece === "string" || piece instanceof Uint8Array) this.write(piece, encoding);
    this.writable = false;
    this.#settle();
    queueMicrotask(() => {
      this.emit("finish");
      this.gone();
    });
    return this;
  }

  override destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#settle();
    this.gone();
    if (error !== undefined) queueMicrotask(() => this.emit("error", error));
    return this;
  }

  /** Answers with what was written, or where that is no answer, with the connection's end. */
  #settle(): void {
    this.#channel?.abort();
    if (this.#isAnswered) return;
    const response = responseOf(Buffer.concat(this.#pieces));
    if (response !== undefined) this.answer(response);
    else machine.abandon(this.#request);
    this.#isAnswered = true;
  }

  /** The answer is this one, of a ServerResponse that has this connection. */
  answer(response: Response): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.bytesWritten ||= 1;
    this.#respond(response);
  }

  get isSwitched(): boolean {
    return this.#channel !== undefined;
  }

  /** The connection becomes a WebSocket: its channel, or the kernel's `Status`. */
  accept(fields: string, limit: number, owner: SocketOwner): SocketChannel | number {
    // Nobody knows it later.
    void this.remoteAddress;
    const channel = machine.acceptSocket(this.#request, fields, limit, owner);
    if (typeof channel === "number") return channel;
    this.#isAnswered = true;
    this.bytesWritten ||= 1;
    this.#channel = channel;
    return channel;
  }
}

function responseOf(bytes: Buffer): Response | undefined {
  const text = bytes.toString("latin1");
  const status = Number(STATUS_LINE.exec(text)?.[1]);
  const headEnd = text.indexOf(HEAD_END);
  if (Number.isNaN(status) || headEnd < 0) return undefined;
  const lines = text.slice(0, headEnd).split("\r\n").slice(1);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const kept = headers.filter(([name]) => !FRAMING.has(name.toLowerCase()));
  const body = bytes.subarray(headEnd + HEAD_END.length);
  return new WebResponse(BODILESS.has(status) ? null : (body as unknown as BodyInit), {
    status,
    headers: kept,
  });
}
