/**
 * Request (Fetch Standard, section 5.4).
 *
 * A request that came from the network is a number of the kernel's: its method, target and fields become
 * JavaScript values when they are first read. They can be read until the answer is complete.
 */
import { Body, extractBody, shareContent, takeContent, type BodyInit, type Content } from "./body.ts";
import { AbortController, type AbortSignal } from "./abort.ts";
import { Exchange } from "./exchange.ts";
import { nameClass } from "./globals.ts";
import { Headers, headersFromLines, type HeadersInit } from "./headers.ts";
import { URL } from "./url.ts";
import { header, headerLines, methodName, target } from "./host.ts";

export interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit;
  signal?: AbortSignal | null;
  redirect?: string;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NORMALISED_METHODS = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
const FORBIDDEN_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);
/** The host where a request names none (HTTP/1.0). */
const UNNAMED_HOST = "localhost";

export class Request extends Body {
  #exchange: Exchange | undefined;
  #method: string | undefined;
  #url: string | undefined;
  #headers: Headers | undefined;
  #signal: AbortSignal | undefined;
  #redirect = "follow";

  constructor(input: string | URL | Request | Exchange, init?: RequestInit) {
    if (input instanceof Exchange) {
      super(input);
      this.#exchange = input;
      return;
    }
    const source = input instanceof Request ? input : undefined;
    const body = bodyOf(source, init);
    super(body.content);
    this.#url = source === undefined ? parseUrl(input as string | URL) : source.url;
    this.#method = normalMethod(init?.method ?? source?.method ?? "GET");
    if (body.content !== null && (this.#method === "GET" || this.#method === "HEAD")) {
      throw new TypeError(`A ${this.#method} request has no body`);
    }
    this.#headers = new Headers(init?.headers ?? source?.headers);
    if (body.type !== undefined && !this.#headers.has("content-type")) {
      this.#headers.set("content-type", body.type);
    }
    this.#signal = init?.signal === undefined ? source?.signal : (init.signal ?? undefined);
    this.#redirect = init?.redirect ?? source?.redirect ?? "follow";
  }

  get method(): string {
    return (this.#method ??= this.#read(methodName(this.#exchange!.id)));
  }

  get url(): string {
    if (this.#url !== undefined) return this.#url;
    const { id } = this.#exchange!;
    const path = this.#read(target(id));
    const host = header(id, "host");
    const authority = typeof host === "string" && host !== "" ? host : UNNAMED_HOST;
    // A target may be a whole URL, or "*" (RFC 9112, 3.2).
    if (path.startsWith("/")) this.#url = `http://${authority}${path}`;
    else this.#url = path === "*" ? `http://${authority}/` : path;
    return this.#url;
  }

  get headers(): Headers {
    return (this.#headers ??= headersFromLines(this.#read(headerLines(this.#exchange!.id))));
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#makeSignal());
  }

  get redirect(): string {
    return this.#redirect;
  }

  get cache(): string {
    return "default";
  }

  get credentials(): string {
    return "same-origin";
  }

  get mode(): string {
    return "cors";
  }

  get referrer(): string {
    return "about:client";
  }

  get integrity(): string {
    return "";
  }

  get keepalive(): boolean {
    return false;
  }

  clone(): Request {
    const content = shareContent(this);
    const copy = new Request(this, { body: null });
    return content === null ? copy : new Request(copy, { body: content as BodyInit });
  }

  #read(value: string | number): string {
    if (typeof value === "string") return value;
    throw new TypeError(
      "The request is over: read its method, url and headers before the response is complete",
    );
  }

  #makeSignal(): AbortSignal {
    const controller = new AbortController();
    this.#exchange?.whenGone((why) => controller.abort(why));
    return controller.signal;
  }
}
nameClass(Request, "Request");

/** Reads everything that the kernel forgets when the answer is complete. */
export function keepRequest(request: Request): void {
  void request.method;
  void request.url;
  void request.headers;
}

function bodyOf(
  source: Request | undefined,
  init: RequestInit | undefined,
): { content: Content; type: string | undefined } {
  if (init?.body !== undefined) return extractBody(init.body);
  return { content: source === undefined ? null : takeContent(source), type: undefined };
}

function parseUrl(input: string | URL): string {
  const url = new URL(String(input));
  if (url.username !== "" || url.password !== "")
    throw new TypeError("A request's URL has no user name or password");
  return url.href;
}

function normalMethod(method: string): string {
  const upper = method.toUpperCase();
  if (!TOKEN.test(method) || FORBIDDEN_METHODS.has(upper))
    throw new TypeError(`${method} is no method of a request`);
  return NORMALISED_METHODS.has(upper) ? upper : method;
}
