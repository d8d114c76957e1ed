/**
 * From a request to its response: calls the handler and sends what it answers.
 *
 * A response of text or bytes goes out in one call. A stream is sent piece by piece, as fast as the peer takes
 * it. A handler that fails gets the client a 500 and the developer the error with its stack.
 */
import { takeContent } from "./body.ts";
import { requireBytes } from "./content.ts";
import type { ReadableStream } from "web-streams-polyfill";
import { exchangeOf, finishExchange, listedCount, listedExchange, type Exchange } from "./exchange.ts";
import { encode, respond } from "./host.ts";
import { reportError } from "./report.ts";
import { keepRequest, requestOf, type Request } from "./request.ts";
import { fieldsOf, responseState, takeText, TEXT_FIELDS, type ResponseState } from "./response.ts";
import { running } from "./running.ts";
import { isReadableStream } from "./streams.ts";
import type { WebSocket } from "./websocket.ts";
import { answerWithSocket } from "./websockets.ts";

/** The app's default export. */
export interface Handler {
  fetch(request: Request, environment: object, context: ExecutionContext): unknown;
}

/** Numbers of `src/abi/status.ts`. */
const INVALID = -3;
const FULL = -4;
const GONE = -2;
const REFUSED = -7;

const UPGRADE_REQUIRED = 426;
const UPGRADE_FIELDS = "content-type: text/plain\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";

const OK = 200;
const FAILURE_STATUS = 500;
const FAILURE_FIELDS = "content-type: text/plain;charset=UTF-8\r\n";
const FAILURE_TEXT = "Internal Server Error";
/** These two say how the body is framed, which is the kernel's to say (RFC 9112, 6). */
const FRAMING_FIELDS = /^(?:content-length|transfer-encoding): (.*)\r\n/gm;

/** What a handler gets as its third argument. */
class ExecutionContext {
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

let handler: Handler = { fetch: () => undefined };
let environment: object = {};

/** Answers with a response that is more than a text; false of what is none. */
function answerWith(id: number, value: unknown): boolean {
  const response = responseState(value);
  if (response !== undefined) send(id, response);
  return response !== undefined;
}

/** What may yet become a response. */
function promiseOf(value: unknown): object {
  if (typeof value === "object" && value !== null) return value;
  throw notAResponse(value);
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

function send(id: number, response: ResponseState): void {
  if (response.kind === "error") throw new TypeError("The fetch handler returned Response.error()");
  const content = takeContent(response);
  let fields = fieldsOf(response);
  if (response.webSocket !== null) {
    sendUpgrade(id, response.webSocket, fields);
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
    sendWhole(id, response.status, fields, content);
    return;
  }
  const source = isReadableStream(content) ? pieces(content) : content;
  void sendPieces(exchangeOf(id), response.status, fields, size, source);
}

/** The connection becomes a WebSocket, or the request is refused that asks for none as RFC 6455 says. */
function sendUpgrade(id: number, webSocket: WebSocket, fields: string): void {
  const result = answerWithSocket(webSocket, id, fields);
  if (result === INVALID || result === REFUSED) {
    respond(id, UPGRADE_REQUIRED, UPGRADE_FIELDS, "This is a WebSocket's address\n");
  } else if (result < 0 && result !== GONE) {
    throw new TypeError(`The kernel refuses a WebSocket: status ${result}`);
  }
  finishExchange(id);
}

/** In one call where the kernel can take the body at once; else piece by piece, as the peer takes it. */
function sendWhole(id: number, status: number, fields: string, content: string | Uint8Array | null): void {
  const result = respond(id, status, fields, content ?? undefined);
  if (result === INVALID) throw new TypeError(`The kernel refuses a response with status ${status}`);
  if (result === FULL && content !== null) {
    const bytes = typeof content === "string" ? new Uint8Array(encode(content)) : content;
    void sendBytes(exchangeOf(id), status, fields, bytes);
    return;
  }
  if (listedCount > 0) finishExchange(id);
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
function refuse(id: number, error: unknown): void {
  reportError(error, "in fetch: ");
  respond(id, FAILURE_STATUS, FAILURE_FIELDS, FAILURE_TEXT);
  finishExchange(id);
}

export const answer = {
  use(newHandler: Handler, newEnvironment: object): void {
    handler = newHandler;
    environment = newEnvironment;
  },

  /** Gives back what is not answered yet: the handler's promise. */
  request(id: number): unknown {
    running.request = id;
    try {
      const request = requestOf(id);
      const result = handler.fetch(request, environment, new ExecutionContext(request));
      const text = takeText(result);
      if (text !== undefined) sendWhole(id, OK, TEXT_FIELDS, text);
      else if (!answerWith(id, result)) return promiseOf(result);
      return undefined;
    } catch (error) {
      refuse(id, error);
      return undefined;
    }
  },

  /** The handler's promise was kept before the entry's jobs were done, which is so of all that waits for nobody else. */
  settled(value: unknown, id: number): void {
    try {
      const text = takeText(value);
      if (text !== undefined) sendWhole(id, OK, TEXT_FIELDS, text);
      else if (!answerWith(id, value)) throw notAResponse(value);
    } catch (error) {
      refuse(id, error);
    }
  },

  /** The jobs are done, and the promise is not kept. */
  waiting(promise: unknown, id: number): void {
    exchangeOf(id);
    Promise.resolve(promise).then(
      (value) => answer.settled(value, id),
      (error: unknown) => refuse(id, error),
    );
  },

  /** An entry ended with an error that could not be caught; it may have been a request's. */
  failed(error: unknown, id: number): void {
    if (id >= 0) refuse(id, error);
    else reportError(error);
  },

  /** Work of the request failed that its handler does not wait for. Nothing happens where the answer has begun. */
  give500(id: number): void {
    if (respond(id, FAILURE_STATUS, FAILURE_FIELDS, FAILURE_TEXT) === 0) finishExchange(id);
  },

  readable(id: number): void {
    running.request = id;
    listedExchange(id)?.readable();
  },

  writable(id: number): void {
    running.request = id;
    listedExchange(id)?.writable();
  },

  closed(id: number): void {
    running.request = id;
    listedExchange(id)?.gone();
  },
};
