/**
 * WebSocketServer of the package `ws`: which requests become WebSockets, and who they are.
 *
 * Compression is neither offered nor taken.
 *
 * Tests:  tests/functional/published-sockets.test.ts
 */
import { EventEmitter, type Listener } from "../events.ts";
import { STATUS_CODES } from "../http/codes.ts";
import type { IncomingMessage } from "../http/incoming.ts";
import { createServer, type Server } from "../http/server.ts";
import type { UpgradeSocket } from "../http/upgrade.ts";
import { Buffer } from "../buffer.ts";
import { WebSocket } from "./socket.ts";

type Connected = (socket: WebSocket, request: IncomingMessage) => void;
type Fields = Readonly<Record<string, string | number>>;
type Verdict = (isGood: boolean, code?: number, message?: string, fields?: Fields) => void;

interface Asking {
  readonly origin: string | undefined;
  readonly secure: boolean;
  readonly req: IncomingMessage;
}

export interface ServerOptions {
  port?: number | null;
  host?: string | null;
  server?: Server | null;
  noServer?: boolean;
  path?: string | null;
  clientTracking?: boolean;
  maxPayload?: number;
  verifyClient?: ((asking: Asking, verdict?: Verdict) => boolean | void) | null;
  handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | null;
  WebSocket?: typeof WebSocket;
}

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;
const KEY = /^[+/0-9A-Za-z]{22}==$/;
const VERSION = 13;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Of the lines in `headers`, those that are the kernel's. */
const OWN_LINE = /^(?:HTTP\/|upgrade:|connection:|sec-websocket-accept:)/i;

export class WebSocketServer extends EventEmitter {
  readonly options: ServerOptions;
  readonly clients: Set<WebSocket> | undefined;
  #server: Server | undefined;
  #listeners: readonly (readonly [string, Listener])[] = [];
  #state = RUNNING;
  #closesWithClients = false;

  constructor(options: ServerOptions, callback?: () => void) {
    super();
    const { port = null, server = null, noServer = false, clientTracking = true } = options;
    if ([port !== null, server !== null, noServer].filter(Boolean).length !== 1)
      throw new TypeError(
        'One and only one of the "port", "server", or "noServer" options must be specified',
      );
    this.options = { WebSocket, ...options };
    this.clients = clientTracking ? new Set() : undefined;
    this.#server = server ?? (port === null ? undefined : ownServer());
    this.#listen();
    if (port !== null) this.#server!.listen(port, options.host, callback);
  }

  #listen(): void {
    const connected: Connected = (socket, request) => void this.emit("connection", socket, request);
    this.#listeners = [
      ["listening", () => this.emit("listening")],
      ["error", (error) => this.emit("error", error)],
      [
        "upgrade",
        (request, socket, head) =>
          this.handleUpgrade(request as IncomingMessage, socket as UpgradeSocket, head, connected),
      ],
    ];
    for (const [name, listener] of this.#listeners) this.#server?.on(name, listener);
  }

  address(): object | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.#server?.address() ?? null;
  }

  /** No more are accepted; those that are stay. */
  close(callback?: (error?: Error) => void): void {
    const isOver = this.#state === CLOSED;
    if (callback !== undefined)
      this.once("close", () => callback(isOver ? new Error("The server is not running") : undefined));
    if (isOver) queueMicrotask(() => this.#closed());
    if (this.#state !== RUNNING) return;
    this.#state = CLOSING;
    for (const [name, listener] of this.#listeners) this.#server?.removeListener(name, listener);
    const isOwn = !this.options.noServer && !this.options.server;
    if (isOwn) this.#server?.close(() => this.#closed());
    else if ((this.clients?.size ?? 0) === 0) queueMicrotask(() => this.#closed());
    else this.#closesWithClients = true;
    this.#server = undefined;
  }

  #closed(): void {
    this.#state = CLOSED;
    this.emit("close");
  }

  shouldHandle({ url }: IncomingMessage): boolean {
    const { path } = this.options;
    return !path || url.split("?", 1)[0] === path;
  }

  handleUpgrade(request: IncomingMessage, socket: UpgradeSocket, _head: unknown, connected: Connected): void {
    socket.on("error", () => socket.destroy());
    const { headers, method } = request;
    const refuse = (code: number, message: string, fields?: Fields) => {
      if (this.listenerCount("wsClientError") > 0)
        this.emit("wsClientError", new Error(message), socket, request);
      else abortHandshake(socket, code, message, fields);
    };
    if (method !== "GET") return refuse(405, "Invalid HTTP method");
    if (String(headers["upgrade"]).toLowerCase() !== "websocket")
      return refuse(400, "Invalid Upgrade header");
    if (!KEY.test(String(headers["sec-websocket-key"])))
      return refuse(400, "Missing or invalid Sec-WebSocket-Key header");
    if (Number(headers["sec-websocket-version"]) !== VERSION)
      return refuse(400, "Missing or invalid Sec-WebSocket-Version header", {
        "Sec-WebSocket-Version": VERSION,
      });
    if (!this.shouldHandle(request)) return abortHandshake(socket, 400);
    const protocols = protocolsOf(headers["sec-websocket-protocol"] as string | undefined);
    if (protocols === undefined) return refuse(400, "Invalid Sec-WebSocket-Protocol header");
    this.#verify(request, socket, () => this.#complete(protocols, request, socket, connected));
  }

  #verify(request: IncomingMessage, socket: UpgradeSocket, good: () => void): void {
    const { verifyClient } = this.options;
    if (!verifyClient) return good();
    const asking: Asking = { origin: request.headers["origin"] as string, secure: false, req: request };
    if (verifyClient.length < 2) {
      if (verifyClient(asking)) good();
      else abortHandshake(socket, 401);
      return;
    }
    verifyClient(asking, (isGood, code = 401, message, fields) => {
      if (isGood) good();
      else abortHandshake(socket, code, message, fields);
    });
  }

  #complete(
    protocols: Set<string>,
    request: IncomingMessage,
    socket: UpgradeSocket,
    connected: Connected,
  ): void {
    if (!socket.readable || !socket.writable) return void socket.destroy();
    if (socket.isSwitched)
      throw new Error(
        "handleUpgrade() was called more than once with the same socket: are there two servers for it?",
      );
    if (this.#state > RUNNING) return abortHandshake(socket, 503);
    const webSocket = new this.options.WebSocket!(null);
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    if (protocols.size > 0) {
      const { handleProtocols } = this.options;
      const chosen = handleProtocols ? handleProtocols(protocols, request) : [...protocols][0];
      if (chosen) {
        lines.push(`Sec-WebSocket-Protocol: ${chosen}`);
        webSocket._protocol = chosen;
      }
    }
    this.emit("headers", lines, request);
    const fields = lines.filter((line) => !OWN_LINE.test(line)).map((line) => `${line}\r\n`);
    const status = webSocket.accept(socket, fields.join(""), this.options.maxPayload);
    if (status !== 0) return abortHandshake(socket, status);
    this.clients?.add(webSocket);
    webSocket.on("close", () => this.#left(webSocket));
    connected(webSocket, request);
  }

  #left(webSocket: WebSocket): void {
    this.clients?.delete(webSocket);
    if (this.#closesWithClients && this.clients?.size === 0) queueMicrotask(() => this.#closed());
  }
}

/** Of a server that has nothing but WebSockets. */
function ownServer(): Server {
  return createServer((_request, response) => {
    const body = STATUS_CODES[426]!;
    response.writeHead(426, { "Content-Length": body.length, "Content-Type": "text/plain" });
    response.end(body);
  });
}

/** The protocols that a client offers; undefined where their list is none. */
function protocolsOf(field: string | undefined): Set<string> | undefined {
  if (field === undefined) return new Set();
  const list = field.split(",").map((one) => one.trim());
  const protocols = new Set(list);
  return protocols.size === list.length && list.every((one) => TOKEN.test(one)) ? protocols : undefined;
}

function abortHandshake(
  socket: UpgradeSocket,
  code: number,
  message = STATUS_CODES[code] ?? "",
  fields: Fields = {},
): void {
  const all = { "Content-Type": "text/html", "Content-Length": Buffer.byteLength(message), ...fields };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\n${lines.join("")}\r\n${message}`);
}
