/**
 * Response (Fetch Standard, section 5.5).
 *
 * The common answers (text, JSON) never make a Headers object: their one field is a constant.
 */
import { Body, extractBody, mixBody, shareContent, type BodyInit, type Content } from "./body.ts";
import { BodySource } from "./body-source.ts";
import { TEXT_TYPE } from "./content.ts";
import { toDictionary } from "./event.ts";
import { nameClass, requireArguments } from "./globals.ts";
import { guardHeaders, Headers, headersToLines, type HeadersInit } from "./headers.ts";
import { parseUrl } from "./request-settings.ts";
import { toByteString } from "./sequences.ts";
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
const JSON_TYPE = "application/json";
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The field of an implied type, made once for each. */
const typeFields = new Map<string, string>();

/** A response's fields as lines. */
export let fieldsOf: (response: Response) => string;

/** What came over the network. */
export interface Received {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly isRedirected: boolean;
  readonly content: Content;
}
export let responseOf: (received: Received) => Response;

export class Response extends Body {
  #status = 200;
  #statusText = "";
  #kind: "default" | "error" = "default";
  #headers: Headers | undefined;
  #url = "";
  #webSocket: WebSocket | null = null;
  #isRedirected = false;
  /** The type that the body implies, as long as there is no `Headers` to hold it. */
  #impliedType: string | undefined;

  constructor(body?: BodyInit | BodySource, init?: ResponseInit) {
    if (body instanceof BodySource) {
      super(body);
    } else if (typeof body === "string") {
      super(body);
      this.#impliedType = TEXT_TYPE;
    } else {
      const { content, type } = extractBody(body);
      super(content);
      this.#impliedType = type;
    }
    if (init !== undefined && init !== null) this.#initialize(init, body !== undefined && body !== null);
  }

  #initialize(init: ResponseInit, hasBody: boolean): void {
    const { status, statusText, headers } = toDictionary(
      init,
      "A Response's second argument",
    ) as ResponseInit;
    this.#webSocket = init.webSocket ?? null;
    if (status !== undefined) {
      const code = Number(status);
      const isUpgrade = code === SWITCHING_PROTOCOLS && this.#webSocket !== null;
      if (!isUpgrade && !(code >= 200 && code <= 599)) {
        throw new RangeError(`A response's status must be from 200 to 599, not ${String(status)}`);
      }
      this.#status = Math.trunc(code);
      if (hasBody && NULL_BODY_STATUSES.has(this.#status)) {
        throw new TypeError(`A response with status ${this.#status} has no body`);
      }
    }
    if (statusText !== undefined) {
      this.#statusText = toByteString(statusText);
      if (!REASON_PHRASE.test(this.#statusText))
        throw new TypeError("The statusText has a character that cannot be sent");
    }
    if (headers !== undefined) {
      this.#headers = new Headers(headers);
      if (this.#impliedType !== undefined && !this.#headers.has("content-type")) {
        this.#headers.set("content-type", this.#impliedType);
      }
    }
  }

  static json(data: unknown, init?: ResponseInit): Response {
    requireArguments(arguments, 1, "Response.json");
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("The value has no JSON form");
    const response = new Response(text, init);
    if (response.#headers === undefined) response.#impliedType = JSON_TYPE;
    // The type of plain text was only implied, unless the caller named it.
    else if (!new Headers(init?.headers).has("content-type"))
      response.#headers.set("content-type", JSON_TYPE);
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
    response.#kind = "error";
    response.#status = 0;
    guardHeaders(response.headers, "immutable");
    return response;
  }

  static {
    fieldsOf = (response) => Response.#fields(response);
    responseOf = (received) => Response.#of(received);
  }

  static #of({ status, statusText, headers, url, isRedirected, content }: Received): Response {
    const response = new Response(content);
    response.#status = status;
    response.#statusText = statusText;
    response.#headers = headers;
    response.#url = url;
    response.#isRedirected = isRedirected;
    return response;
  }

  static #fields(response: Response): string {
    if (response.#headers !== undefined) return headersToLines(response.#headers);
    const type = response.#impliedType;
    if (type === undefined) return "";
    let lines = typeFields.get(type);
    if (lines === undefined) typeFields.set(type, (lines = `content-type: ${type}\r\n`));
    return lines;
  }

  get headers(): Headers {
    if (this.#headers === undefined) {
      this.#headers = new Headers();
      if (this.#impliedType !== undefined) this.#headers.set("content-type", this.#impliedType);
    }
    return this.#headers;
  }

  get status(): number {
    return this.#status;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  get type(): string {
    return this.#kind;
  }

  get webSocket(): WebSocket | null {
    return this.#webSocket;
  }

  get url(): string {
    return this.#url;
  }

  get redirected(): boolean {
    return this.#isRedirected;
  }

  clone(): Response {
    const copy = new Response(null);
    const content = shareContent(this);
    const result = content === null ? copy : new Response(content as BodyInit);
    result.#status = this.#status;
    result.#statusText = this.#statusText;
    result.#kind = this.#kind;
    result.#url = this.#url;
    result.#isRedirected = this.#isRedirected;
    result.#impliedType = this.#impliedType;
    result.#headers = this.#headers === undefined ? undefined : new Headers(this.#headers);
    return result;
  }
}
mixBody(Response);
nameClass(Response, "Response");
Object.defineProperty(Response, "length", { value: 0 });
