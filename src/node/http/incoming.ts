/** IncomingMessage: a request, or the answer to one of ours, as a stream. Its body is fetched as fast as it is read. */
import { Readable } from "../stream.ts";
import { Connection } from "./socket.ts";

export type Fields = Record<string, string | string[] | undefined>;

export class IncomingMessage extends Readable {
  readonly httpVersion = "1.1";
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  aborted = false;
  complete = false;
  method: string | undefined;
  url = "";
  statusCode: number | null = null;
  statusMessage: string | null = null;
  #message: Request | Response | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #headers: Fields | undefined;
  #socket: Connection | undefined;

  constructor(message?: Request | Response) {
    super({ highWaterMark: 65536 });
    this.#message = message;
    if (message === undefined) return;
    this.complete = message.body === null;
    if (!("method" in message)) return;
    this.method = message.method;
    this.url = targetOf(message.url);
  }

  get headers(): Fields {
    return (this.#headers ??= this.#readHeaders());
  }

  set headers(headers: Fields) {
    this.#headers = headers;
  }

  #readHeaders(): Fields {
    const headers: Fields = {};
    this.#message?.headers.forEach((value, name) => {
      headers[name] = name === "set-cookie" ? [headers[name] ?? [], value].flat() : value;
    });
    return headers;
  }

  get headersDistinct(): Record<string, string[]> {
    const entries = Object.entries(this.headers).map(([name, value]) => [name, [value].flat()]);
    return Object.fromEntries(entries) as Record<string, string[]>;
  }

  get rawHeaders(): string[] {
    return Object.entries(this.headers).flatMap(([name, value]) => [name, String(value)]);
  }

  readonly trailers = {};
  readonly rawTrailers: string[] = [];

  get socket(): Connection {
    return (this.#socket ??= new Connection(
      this.method === undefined ? undefined : (this.#message as Request),
      (error) => this.destroy(error),
    ));
  }

  set socket(socket: Connection) {
    this.#socket = socket;
  }

  get connection(): Connection {
    return this.socket;
  }

  setTimeout(_ms: number, _callback?: () => void): this {
    return this;
  }

  override _read(): void {
    const body = this.#message?.body;
    if (body === null || body === undefined) {
      this.#end();
      return;
    }
    this.#reader ??= body.getReader();
    this.#reader.read().then(
      ({ done, value }) => (done ? this.#end() : void this.push(value)),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  #end(): void {
    this.complete = true;
    this.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#reader?.cancel().catch(() => undefined);
    done(error);
  }

  /** The client closed the connection before its answer was complete. */
  leave(): void {
    this.#socket?.gone();
    if (this.complete) return;
    this.aborted = true;
    this.emit("aborted");
    this.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
  }
}

/** What stands behind the host of an address. */
function targetOf(url: string): string {
  const at = url.indexOf("/", url.indexOf("//") + 2);
  return at < 0 ? "/" : url.slice(at);
}
