/**
 * ClientRequest: `http.request` and `http.get`, on the machine's one HTTP client, which is `fetch`'s. What is written in
 * pieces leaves in chunks as fast as the server takes it; what `end` gives alone leaves with its length.
 *
 * An image has the client only if the app says so: by `http.request`, `http.get` or `fetch` (`src/image/used-globals.ts`).
 *
 * Tests:  tests/functional/http-request.test.ts
 */
import { Buffer } from "../buffer.ts";
import { coded, notHere } from "../errors.ts";
import { PassThrough, Readable } from "../stream.ts";
import { IncomingMessage } from "./incoming.ts";
import { OutgoingMessage, type HeaderValue } from "./outgoing.ts";
import { Connection } from "./socket.ts";

export interface RequestOptions {
  protocol?: string | null;
  host?: string | null;
  hostname?: string | null;
  port?: number | string | null;
  path?: string | null;
  method?: string;
  headers?: Readonly<Record<string, HeaderValue | undefined>> | readonly HeaderValue[];
  auth?: string | null;
  timeout?: number;
  signal?: AbortSignal;
  socketPath?: string;
  createConnection?: unknown;
}

export type ResponseListener = (response: IncomingMessage) => void;
type Done = () => void;

/** Not by its name: that would bring the client into every image with a server of node:http. */
const { fetch: ask } = globalThis;
const NOT_OURS = new Set(["host", "connection", "transfer-encoding", "content-length", "keep-alive"]);
const DEFAULT_PORT = 80;

export class ClientRequest extends OutgoingMessage {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly protocol = "http:";
  readonly writable = true;
  readonly socket: Connection;
  finished = false;
  destroyed = false;
  aborted = false;
  res: IncomingMessage | undefined;
  readonly #address: string;
  readonly #giveUp = new AbortController();
  /** What is written in pieces goes through here. */
  #body: InstanceType<typeof PassThrough> | undefined;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timeoutMs = 0;

  constructor(options: RequestOptions, listener?: ResponseListener) {
    super();
    if (options.socketPath !== undefined) throw notHere("a socket's path", "a machine has TCP");
    if (options.createConnection !== undefined)
      throw notHere("createConnection", "connections are the kernel's to make");
    const protocol = options.protocol ?? "http:";
    if (protocol !== "http:")
      throw coded(
        TypeError,
        "ERR_INVALID_PROTOCOL",
        `Protocol "${protocol}" not supported. Expected "http:" (a machine has no TLS)`,
      );
    this.method = (options.method ?? "GET").toUpperCase();
    this.path = options.path ?? "/";
    if (/[^\x21-\xff]/.test(this.path))
      throw coded(TypeError, "ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
    this.host = options.hostname ?? options.host ?? "localhost";
    this.#address = addressOf(this.host, options.port ?? DEFAULT_PORT, this.path);
    this.socket = new Connection(undefined, (error) => void this.destroy(error));
    this.#setHeaders(options);
    if (listener !== undefined) this.once("response", listener as Done);
    if (options.timeout !== undefined) this.setTimeout(options.timeout);
    options.signal?.addEventListener("abort", () => this.destroy(options.signal!.reason as Error));
    if (options.signal?.aborted) this.destroy(options.signal.reason as Error);
  }

  #setHeaders({ headers = {}, auth }: RequestOptions): void {
    if (Array.isArray(headers)) {
      const list = headers as readonly HeaderValue[];
      for (let index = 0; index < list.length; index += 2)
        this.appendHeader(String(list[index]), list[index + 1]!);
    } else {
      for (const [name, value] of Object.entries(headers))
        if (value !== undefined) this.setHeader(name, value as HeaderValue);
    }
    if (auth && !this.hasHeader("authorization"))
      this.setHeader("Authorization", `Basic ${Buffer.from(auth).toString("base64")}`);
  }

  write(piece: string | Uint8Array, encoding?: unknown, done?: unknown): boolean {
    const callback = typeof encoding === "function" ? encoding : done;
    if (this.finished) {
      const error = coded(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end");
      queueMicrotask(() => this.emit("error", error));
      return false;
    }
    return this.#pieces().write(piece, encodingOf(encoding), callback as Done | undefined);
  }

  end(piece?: unknown, encoding?: unknown, done?: unknown): this {
    const callback = [piece, encoding, done].find((one) => typeof one === "function");
    if (callback !== undefined) this.once("finish", callback as Done);
    if (this.finished || this.destroyed) return this;
    this.finished = true;
    const last = typeof piece === "function" || piece === null ? undefined : (piece as string | Uint8Array);
    if (this.#body !== undefined) {
      this.#body.end(last, encodingOf(encoding));
    } else {
      this.#send(typeof last === "string" ? Buffer.from(last, encodingOf(encoding)) : last);
      queueMicrotask(() => this.emit("finish"));
    }
    return this;
  }

  flushHeaders(): void {
    if (!this.headersSent && !["GET", "HEAD"].includes(this.method)) this.#pieces();
  }

  get writableEnded(): boolean {
    return this.finished;
  }

  /** From the first piece on, the request is under way. */
  #pieces(): InstanceType<typeof PassThrough> {
    if (this.#body !== undefined) return this.#body;
    const body = (this.#body = new PassThrough());
    body.on("drain", () => this.emit("drain"));
    body.on("finish", () => this.emit("finish"));
    this.#send(Readable.toWeb(body as never) as unknown as ReadableStream);
    return body;
  }

  #send(body: Uint8Array | ReadableStream | undefined): void {
    this.headersSent = true;
    const headers = this.lines().filter(([name]) => !NOT_OURS.has(name.toLowerCase()));
    const { signal } = this.#giveUp;
    const init = { method: this.method, headers, body, redirect: "manual", duplex: "half", signal };
    ask(this.#address, init as RequestInit).then(
      (response) => this.#answered(response),
      (error: unknown) => this.#failed(error),
    );
    queueMicrotask(() => this.emit("socket", this.socket));
  }

  #answered(response: Response): void {
    if (this.destroyed) return;
    const incoming = new IncomingMessage(response);
    incoming.statusCode = response.status;
    incoming.statusMessage = response.statusText;
    this.res = incoming;
    incoming.on("data", () => this.#rest());
    incoming.on("close", () => this.#close());
    if (!this.emit("response", incoming)) incoming.resume();
  }

  #failed(error: unknown): void {
    // Who gave it up is told so by `destroy`.
    if (this.destroyed) return;
    const { code = "ECONNRESET", message } = error as { code?: string; message: string };
    this.destroyed = true;
    this.emit("error", coded(Error, code, message.replace(/^fetch failed: /, "")));
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.emit("close");
  }

  /** Before its answer, a request that is given up has failed. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#giveUp.abort();
    this.#body?.destroy();
    this.res?.destroy(error);
    const told = error ?? (this.res === undefined ? coded(Error, "ECONNRESET", "socket hang up") : undefined);
    queueMicrotask(() => {
      if (told !== undefined && !this.#isClosed) this.emit("error", told);
      this.#close();
    });
    return this;
  }

  abort(): void {
    this.aborted = true;
    this.destroy();
  }

  /** `timeout` is told where nothing comes for so long; what to do about it is the listener's. */
  setTimeout(ms: number, listener?: Done): this {
    if (listener !== undefined) this.once("timeout", listener);
    this.#timeoutMs = ms;
    this.#rest();
    return this;
  }

  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#timeoutMs > 0) this.#timer = setTimeout(() => this.emit("timeout"), this.#timeoutMs);
  }

  setNoDelay(): void {}

  setSocketKeepAlive(): void {}
}

/** Nothing of the parts may say more than its own: a host that ends early, a path that makes the host a user's name. */
function addressOf(host: string, port: number | string, path: string): string {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const number = Number(port);
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(name))
    throw coded(TypeError, "ERR_INVALID_ARG_VALUE", `"${host}" is no host's name or address`);
  if (!(Number.isInteger(number) && number > 0 && number < 65536))
    throw coded(RangeError, "ERR_SOCKET_BAD_PORT", `Port should be > 0 and < 65536. Received ${port}.`);
  if (!/^[/?]/.test(path))
    throw coded(TypeError, "ERR_INVALID_ARG_VALUE", `A request's path begins with "/", found "${path}"`);
  return `http://${name}:${number}${path}`;
}

const encodingOf = (encoding: unknown): BufferEncoding =>
  typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8";

/** `(url, options, listener)`, `(url, listener)` or `(options, listener)`. */
export function request(...values: unknown[]): ClientRequest {
  const listener = values.find((one) => typeof one === "function") as ResponseListener | undefined;
  const [first, second] = values;
  const url = typeof first === "string" ? new URL(first) : first instanceof URL ? first : undefined;
  const given = (url === undefined ? first : second) as RequestOptions | undefined;
  const options = typeof given === "object" ? given : {};
  return new ClientRequest(url === undefined ? options : { ...optionsOf(url), ...options }, listener);
}

export function get(...values: unknown[]): ClientRequest {
  return request(...values).end();
}

function optionsOf(url: URL): RequestOptions {
  const { protocol, hostname, port, pathname, search, username, password } = url;
  const auth = username === "" ? {} : { auth: decodeURIComponent(`${username}:${password}`) };
  return { protocol, hostname, ...(port === "" ? {} : { port }), path: pathname + search, ...auth };
}
