/**
 * From a request to its response: calls the handler and sends what it answers.
 *
 * A response of text or bytes goes out in one call. A stream is sent piece by piece, as fast as the peer takes
 * it. A handler that fails gets the client a 500 and the developer the error with its stack.
 */
import { takeContent } from "./body.ts";
import { requireBytes } from "./content.ts";
import type { ReadableStream } from "web-streams-polyfill";
import { Exchange, exchangeOf } from "./exchange.ts";
import { encode, respond } from "./host.ts";
import { reportError } from "./report.ts";
import { keepRequest, Request } from "./request.ts";
import { fieldsOf, Response } from "./response.ts";
import { isReadableStream } from "./streams.ts";
import { answerWithSocket, type WebSocket } from "./websocket.ts";

export type Handler = (request: Request, environment: object, context: ExecutionContext) => unknown;

/** Numbers of `src/abi/status.ts`. */
const INVALID = -3;
const FULL = -4;
const REFUSED = -7;

const UPGRADE_REQUIRED = 426;
const UPGRADE_FIELDS = "content-type: text/plain\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";

const FAILURE_STATUS = 500;
const FAILURE_FIELDS = "content-type: text/plain;charset=UTF-8\r\n";
const FAILURE_TEXT = "Internal Server Error";
/** These two say how the body is framed, which is the kernel's to say (RFC 9112, 6). */
const FRAMING_FIELDS = /^(?:content-length|transfer-encoding): (.*)\r\n/gm;

/** What a handler gets as its third argument. */
export class ExecutionContext {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Work that goes on after the response; its failure is reported. */
  waitUntil(work: unknown): void {
    keepRequest(this.#request);
    Promise.resolve(work).catch((error: unknown) => reportError(error, "in waitUntil: "));
  }

  passThroughOnException(): void {}
}

let handler: Handler = () => undefined;
let environment: object = {};

function handle(id: number): void {
  const exchange = new Exchange(id);
  const request = new Request(exchange);
  const result = handler(request, environment, new ExecutionContext(request));
  if (result instanceof Response) {
    send(exchange, result);
    return;
  }
  exchange.list();
  Promise.resolve(result).then(
    (response) => sendSafely(exchange, response),
    (error: unknown) => refuse(exchange, error),
  );
}

function sendSafely(exchange: Exchange, response: unknown): void {
  try {
    if (!(response instanceof Response)) throw notAResponse(response);
    send(exchange, response);
  } catch (error) {
    refuse(exchange, error);
  }
}

function notAResponse(value: unknown): TypeError {
  const what =
    value === null
      ? "null"
      : typeof value === "object"
        ? (value.constructor?.name ?? "object")
        : typeof value;
  return new TypeError(`The fetch handler must return a Response, not ${what}`);
}

function send(exchange: Exchange, response: Response): void {
  if (exchange.isOver) return;
  if (response.type === "error") throw new TypeError("The fetch handler returned Response.error()");
  const content = takeContent(response);
  let fields = fieldsOf(response);
  if (response.webSocket !== null) {
    sendUpgrade(exchange, response.webSocket, fields);
    return;
  }
  let size = -1;
  if (fields.includes("content-length:") || fields.includes("transfer-encoding:")) {
    fields = fields.replace(FRAMING_FIELDS, (line, value: string) => {
      if (line.startsWith("content-length")) size = Number(value);
      return "";
    });
  }
  if (content === null || typeof content === "string" || content instanceof Uint8Array) {
    sendWhole(exchange, response.status, fields, content);
    return;
  }
  exchange.list();
  const source = isReadableStream(content) ? pieces(content) : content;
  void sendPieces(exchange, response.status, fields, size, source);
}

/** The connection becomes a WebSocket, or the request is refused that asks for none as RFC 6455 says. */
function sendUpgrade(exchange: Exchange, webSocket: WebSocket, fields: string): void {
  const result = answerWithSocket(webSocket, exchange.id, fields);
  if (result === INVALID || result === REFUSED) {
    respond(exchange.id, UPGRADE_REQUIRED, UPGRADE_FIELDS, "This is a WebSocket's address\n");
  } else if (result < 0) {
    throw new TypeError(`The kernel refuses a WebSocket: status ${result}`);
  }
  exchange.finish();
}

/** In one call where the kernel can take the body at once; else piece by piece, as the peer takes it. */
function sendWhole(
  exchange: Exchange,
  status: number,
  fields: string,
  content: string | Uint8Array | null,
): void {
  const result = respond(exchange.id, status, fields, content ?? undefined);
  if (result === INVALID) throw new TypeError(`The kernel refuses a response with status ${status}`);
  if (result === FULL && content !== null) {
    exchange.list();
    const bytes = typeof content === "string" ? new Uint8Array(encode(content)) : content;
    void sendBytes(exchange, status, fields, bytes);
    return;
  }
  exchange.finish();
}

async function sendBytes(
  exchange: Exchange,
  status: number,
  fields: string,
  bytes: Uint8Array,
): Promise<void> {
  if (!exchange.begin(status, fields, bytes.length)) exchange.abort();
  else if (await exchange.write(bytes)) exchange.end();
}

interface Pieces {
  read(): Promise<Uint8Array | undefined>;
  cancel(why: unknown): void;
}

function pieces(stream: ReadableStream): Pieces {
  const reader = stream.getReader();
  return {
    async read() {
      const next = await reader.read();
      return next.done ? undefined : requireBytes(next.value);
    },
    cancel: (why) => void reader.cancel(why).catch(() => undefined),
  };
}

async function sendPieces(
  exchange: Exchange,
  status: number,
  fields: string,
  size: number,
  source: Pieces,
): Promise<void> {
  exchange.whenGone((why) => source.cancel(why));
  try {
    if (!exchange.begin(status, fields, size)) throw new Error("The response cannot begin");
    for (let piece = await source.read(); piece !== undefined; piece = await source.read()) {
      if (!(await exchange.write(piece))) break;
    }
    if (!exchange.isOver) exchange.end();
  } catch (error) {
    // Too late for a 500: the client sees that the body is cut short.
    if (!exchange.isOver) reportError(error, "in a response's stream: ");
    exchange.abort();
    source.cancel(error);
  }
}

/** Answers 500 and reports why. */
function refuse(exchange: Exchange, error: unknown): void {
  reportError(error, "in fetch: ");
  if (exchange.isOver) return;
  respond(exchange.id, FAILURE_STATUS, FAILURE_FIELDS, FAILURE_TEXT);
  exchange.finish();
}

export const answer = {
  use(newHandler: Handler, newEnvironment: object): void {
    handler = newHandler;
    environment = newEnvironment;
  },

  request(id: number): void {
    try {
      handle(id);
    } catch (error) {
      refuse(exchangeOf(id) ?? new Exchange(id), error);
    }
  },

  /** An entry ended with an error that could not be caught; it may have been a request's. */
  failed(error: unknown, id: number): void {
    if (id >= 0) refuse(exchangeOf(id) ?? new Exchange(id), error);
    else reportError(error);
  },

  readable(id: number): void {
    exchangeOf(id)?.readable();
  },

  writable(id: number): void {
    exchangeOf(id)?.writable();
  },

  closed(id: number): void {
    exchangeOf(id)?.gone();
  },
};
