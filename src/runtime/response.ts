/**
 * Response (Fetch Standard, section 5.5).
 *
 * Most responses are a text and nothing else, and are kept as that: the engine takes longer to make an object of eight
 * fields than all else takes that happens to them. All there is to know of a response is made when it is first needed.
 */
import {
  extractBody,
  mixBody,
  shareContent,
  type Body,
  type BodyInit,
  type BodyState,
  type Content,
} from "./body.ts";
import { TEXT_TYPE } from "./content.ts";
import { toDictionary } from "./event.ts";
import { nameClass, requireArguments } from "./globals.ts";
import {
  guardHeaders,
  hasType,
  Headers,
  headersOfLines,
  headersToLines,
  linesFrom,
  type HeadersInit,
} from "./headers.ts";
import { parseUrl } from "./request-settings.ts";
import { toByteString } from "./sequences.ts";
import { isReadableStream } from "./streams.ts";
import type { URL } from "./url.ts";
import type { WebSocket } from "./websocket.ts";

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
  /** The first of a `WebSocketPair`, with status 101. */
  webSocket?: WebSocket | null;
}

const SWITCHING_PROTOCOLS = 101;
const NULL_BODY_STATUSES = new Set([101, 103, 204, 205, 304]);
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);
/** The fields of a response that is a text and nothing else. */
export const TEXT_FIELDS = `content-type: ${TEXT_TYPE}\r\n`;
const JSON_FIELDS = "content-type: application/json\r\n";
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

export interface ResponseState extends BodyState {
  status: number;
  statusText: string;
  kind: "default" | "error";
  /** Header lines, as long as nobody has asked for the Headers. */
  fields: string;
  headers: Headers | undefined;
  url: string;
  isRedirected: boolean;
  webSocket: WebSocket | null;
}

/** What a response does not differ in from most is not written into its state, but found here. */
const USUAL: ResponseState = {
  content: null,
  stream: undefined,
  isUsed: false,
  status: 200,
  statusText: "",
  kind: "default",
  fields: "",
  headers: undefined,
  url: "",
  isRedirected: false,
  webSocket: null,
};

function newState(content: Content, fields: string): ResponseState {
  return { __proto__: USUAL, content, fields } as unknown as ResponseState;
}

function stateFrom(body: BodyInit | undefined): ResponseState {
  const { content, type } = extractBody(body);
  const state = newState(content, type === undefined ? "" : `content-type: ${type}\r\n`);
  if (isReadableStream(content)) state.stream = content;
  return state;
}

/** In a text's place when it has been sent. */
const SENT = Symbol("sent");

/** The text of a response that is nothing else, which is used thereby; undefined of all others, and of what is none. */
export let takeText: (value: unknown) => string | undefined;
/** All of a response; undefined of what is none. */
export let responseState: (value: unknown) => ResponseState | undefined;

/** What came over the network. */
export type Received = Pick<
  ResponseState,
  "status" | "statusText" | "headers" | "url" | "isRedirected" | "content"
>;
export let responseOf: (received: Received) => Response;

let stateOf: (response: Response) => ResponseState;

export class Response {
  #state: string | typeof SENT | ResponseState;

  declare readonly body: Body["body"];
  declare readonly bodyUsed: Body["bodyUsed"];
  declare readonly text: Body["text"];
  declare readonly json: Body["json"];
  declare readonly bytes: Body["bytes"];
  declare readonly arrayBuffer: Body["arrayBuffer"];
  declare readonly blob: Body["blob"];
  declare readonly formData: Body["formData"];

  constructor(body?: BodyInit, init?: ResponseInit) {
    if (typeof body === "string" && init === undefined) {
      this.#state = body;
      return;
    }
    const state = typeof body === "string" ? newState(body, TEXT_FIELDS) : stateFrom(body);
    this.#state = state;
    if (init !== undefined && init !== null) initialize(state, init);
  }

  static json(data: unknown, init?: ResponseInit): Response {
    requireArguments(arguments, 1, "Response.json");
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("The value has no JSON form");
    const response = new Response(text);
    const state = newState(text, JSON_FIELDS);
    response.#state = state;
    if (init !== undefined && init !== null) initialize(state, init);
    return response;
  }

  static redirect(url: string | URL, status = 302): Response {
    requireArguments(arguments, 1, "Response.redirect");
    const location = parseUrl(url).href;
    if (!REDIRECT_STATUSES.has(status)) throw new RangeError(`${status} is no redirect status`);
    const response = new Response(null, { status, headers: { location } });
    guardHeaders(response.headers, "immutable");
    return response;
  }

  static error(): Response {
    const response = new Response(null);
    const state = stateOf(response);
    state.kind = "error";
    state.status = 0;
    guardHeaders(response.headers, "immutable");
    return response;
  }

  static {
    takeText = (value) => {
      if (typeof value !== "object" || value === null || !(#state in value)) return undefined;
      const state = value.#state;
      if (typeof state !== "string") return undefined;
      value.#state = SENT;
      return state;
    };
    responseState = (value) =>
      typeof value === "object" && value !== null && #state in value ? stateOf(value as Response) : undefined;
    stateOf = (response) => {
      const known = response.#state;
      if (typeof known === "object") return known;
      const state = newState(typeof known === "string" ? known : "", TEXT_FIELDS);
      if (known === SENT) state.isUsed = true;
      return (response.#state = state);
    };
    responseOf = (received) => {
      const response = new Response(null);
      response.#state = { ...USUAL, ...received };
      return response;
    };
  }

  get headers(): Headers {
    return headersOf(stateOf(this));
  }

  get status(): number {
    return stateOf(this).status;
  }

  get statusText(): string {
    return stateOf(this).statusText;
  }

  get ok(): boolean {
    const { status } = stateOf(this);
    return status >= 200 && status < 300;
  }

  get type(): string {
    return stateOf(this).kind;
  }

  get webSocket(): WebSocket | null {
    return stateOf(this).webSocket;
  }

  get url(): string {
    return stateOf(this).url;
  }

  get redirected(): boolean {
    return stateOf(this).isRedirected;
  }

  clone(): Response {
    const state = stateOf(this);
    const content = shareContent(state);
    const copy = new Response(null);
    copy.#state = Object.assign(newState(content, state.fields), {
      status: state.status,
      statusText: state.statusText,
      kind: state.kind,
      headers: state.headers === undefined ? undefined : new Headers(state.headers),
      url: state.url,
      isRedirected: state.isRedirected,
      stream: isReadableStream(content) ? content : undefined,
    });
    return copy;
  }
}
mixBody(Response, stateOf);
nameClass(Response, "Response");
Object.defineProperty(Response, "length", { value: 0 });

function initialize(state: ResponseState, init: ResponseInit): void {
  const { status, statusText, headers, webSocket } = toDictionary(
    init,
    "A Response's second argument",
  ) as ResponseInit;
  if (webSocket !== undefined) state.webSocket = webSocket;
  if (status !== undefined) state.status = statusOf(status, state);
  if (statusText !== undefined) {
    state.statusText = toByteString(statusText);
    if (!REASON_PHRASE.test(state.statusText))
      throw new TypeError("The statusText has a character that cannot be sent");
  }
  if (headers !== undefined) {
    const lines = linesFrom(headers);
    // The body's own type is only implied.
    state.fields = hasType(lines) ? lines : lines + state.fields;
  }
}

function statusOf(status: number, { content, webSocket }: ResponseState): number {
  const code = Number(status);
  const isUpgrade = code === SWITCHING_PROTOCOLS && webSocket !== null;
  if (!isUpgrade && !(code >= 200 && code <= 599))
    throw new RangeError(`A response's status must be from 200 to 599, not ${String(status)}`);
  const whole = Math.trunc(code);
  if (content !== null && NULL_BODY_STATUSES.has(whole))
    throw new TypeError(`A response with status ${whole} has no body`);
  return whole;
}

function headersOf(state: ResponseState): Headers {
  return (state.headers ??= headersOfLines(state.fields));
}

/** A response's fields as lines. */
export function fieldsOf({ headers, fields }: ResponseState): string {
  return headers === undefined ? fields : headersToLines(headers);
}
