/**
 * The server of node:http: the machine's one HTTP server, whose handler calls the listeners of `request`.
 *
 * Whatever port `listen` names, the machine answers on port 80: there is one server, and who runs the machine says where
 * it is found.
 */
import { coded, notHere } from "../errors.ts";
import { EventEmitter, type Listener } from "../events.ts";
import { machine } from "../machine.ts";
import { Buffer } from "../buffer.ts";
import { IncomingMessage } from "./incoming.ts";
import { ServerResponse } from "./response.ts";
import { asksToSwitch, UpgradeSocket } from "./upgrade.ts";

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

const PORT = 80;
let isTaken = false;

export class Server extends EventEmitter {
  listening = false;
  timeout = 0;
  keepAliveTimeout = 5000;
  headersTimeout = 60_000;
  requestTimeout = 300_000;
  maxHeadersCount: number | null = null;
  maxRequestsPerSocket = 0;

  constructor(options?: object | RequestListener, listener?: RequestListener) {
    super();
    const given = typeof options === "function" ? (options as RequestListener) : listener;
    if (given !== undefined) this.on("request", given as Listener);
  }

  listen(...values: unknown[]): this {
    if (this.listening)
      throw coded(
        Error,
        "ERR_SERVER_ALREADY_LISTEN",
        "Listen method has been called more than once without closing.",
      );
    if (typeof values[0] === "string" && !/^\d+$/.test(values[0]))
      throw notHere("listening on a path", "a machine has TCP");
    const callback = values.find((one) => typeof one === "function") as Listener | undefined;
    if (callback !== undefined) this.once("listening", callback);
    if (isTaken) {
      const error = coded(Error, "EADDRINUSE", "listen EADDRINUSE: a machine has one HTTP server");
      queueMicrotask(() => this.emit("error", error));
      return this;
    }
    isTaken = this.listening = true;
    const handler = (request: Request) => this.#answer(request);
    machine.serve(handler as never, () => queueMicrotask(() => this.emit("listening")));
    return this;
  }

  #answer(request: Request): Promise<Response> {
    return new Promise((resolve) => {
      const incoming = new IncomingMessage(request);
      if (this.listenerCount("upgrade") > 0 && asksToSwitch(request)) {
        this.#upgrade(request, incoming, resolve);
        return;
      }
      const response = new ServerResponse(incoming, resolve);
      if (!this.emit("request", incoming, response)) response.writeHead(501).end();
      if (response.finished) return;
      request.signal.addEventListener("abort", () => {
        incoming.leave();
        response.leave();
      });
    });
  }

  /** Without a listener such a request is one as any other. */
  #upgrade(request: Request, incoming: IncomingMessage, resolve: (response: Response) => void): void {
    const socket = new UpgradeSocket(request, resolve);
    incoming.socket = socket;
    this.emit("upgrade", incoming, socket, Buffer.alloc(0));
    if (socket.bytesWritten === 0) request.signal.addEventListener("abort", () => incoming.leave());
  }

  address(): object | null {
    return this.listening ? { address: "0.0.0.0", family: "IPv4", port: PORT } : null;
  }

  /** No request is refused: the machine ends when its program does. */
  close(callback?: (error?: Error) => void): this {
    const wasListening = this.listening;
    this.listening = false;
    queueMicrotask(() => {
      callback?.(wasListening ? undefined : coded(Error, "ERR_SERVER_NOT_RUNNING", "Server is not running."));
      if (wasListening) this.emit("close");
    });
    return this;
  }

  closeAllConnections(): void {}

  closeIdleConnections(): void {}

  getConnections(callback: (error: null, count: number) => void): void {
    queueMicrotask(() => callback(null, 0));
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

export function createServer(options?: object | RequestListener, listener?: RequestListener): Server {
  return new Server(options, listener);
}
