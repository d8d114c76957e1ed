/**
 * Request (Fetch Standard, section 5.4).
 *
 * A request that came from the network is a number of the kernel's: its method, target and fields become
 * JavaScript values when they are first read. They can be read until the answer is complete.
 */
import {
  Body,
  extractBody,
  mixBody,
  shareContent,
  takeContent,
  type BodyInit,
  type Content,
} from "./body.ts";
import { AbortController, dependentSignal, type AbortSignal } from "./abort.ts";
import { toDictionary } from "./event.ts";
import { Exchange } from "./exchange.ts";
import { nameClass, requireArguments } from "./globals.ts";
import { guardHeaders, Headers, headersFromLines, type HeadersInit } from "./headers.ts";
import { header, headerLines, methodName, target } from "./host.ts";
import {
  DEFAULT_SETTINGS,
  normalMethod,
  parseAddress,
  settingsOf,
  type RequestSettings,
} from "./request-settings.ts";
import { isReadableStream, streams } from "./streams.ts";
import type { URL } from "./url.ts";

export interface RequestInit extends Partial<RequestSettings> {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit;
  signal?: AbortSignal | null;
  duplex?: string;
  window?: null;
}

/** The host where a request names none (HTTP/1.0). */
const UNNAMED_HOST = "localhost";

export class Request extends Body {
  #exchange: Exchange | undefined;
  #method: string | undefined;
  #url: string | undefined;
  #headers: Headers | undefined;
  #signal: AbortSignal | undefined;
  /** The signal that this one's is to follow. */
  #followed: AbortSignal | undefined;
  #settings = DEFAULT_SETTINGS;

  constructor(input: string | URL | Request | Exchange, init?: RequestInit) {
    if (input instanceof Exchange) {
      super(input);
      this.#exchange = input;
      return;
    }
    requireArguments(arguments, 1, "Request");
    const source = input instanceof Request ? input : undefined;
    const given = toDictionary(init, "A Request's second argument") as RequestInit;
    const url = source === undefined ? parseAddress(input as string | URL) : source.url;
    const settings = settingsOf(given, source === undefined ? DEFAULT_SETTINGS : source.#settings);
    const method = normalMethod(given.method ?? source?.method ?? "GET");
    const body = bodyOf(source, given, method, settings);
    super(body.content);
    this.#url = url;
    this.#method = method;
    this.#settings = settings;
    this.#headers = headersOf(source, given, settings.mode);
    if (body.type !== undefined && !this.#headers.has("content-type")) {
      this.#headers.set("content-type", body.type);
    }
    this.#followed = signalOf(given) ?? (given.signal === null ? undefined : source?.signal);
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

  get destination(): string {
    void this.#url;
    return "";
  }

  get referrer(): string {
    return this.#settings.referrer;
  }

  get referrerPolicy(): string {
    return this.#settings.referrerPolicy;
  }

  get mode(): string {
    return this.#settings.mode;
  }

  get credentials(): string {
    return this.#settings.credentials;
  }

  get cache(): string {
    return this.#settings.cache;
  }

  get redirect(): string {
    return this.#settings.redirect;
  }

  get integrity(): string {
    return this.#settings.integrity;
  }

  get keepalive(): boolean {
    return this.#settings.keepalive;
  }

  get isReloadNavigation(): boolean {
    void this.#url;
    return false;
  }

  get isHistoryNavigation(): boolean {
    void this.#url;
    return false;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#makeSignal());
  }

  get duplex(): string {
    void this.#url;
    return "half";
  }

  clone(): Request {
    const content = shareContent(this);
    const copy = new Request(this.url, { method: this.method, headers: this.headers });
    copy.#settings = this.#settings;
    copy.#followed = this.signal;
    if (content === null) return copy;
    // A method that has a body, for the sake of the check; the copy's own comes after.
    const whole = new Request(copy, { body: content as BodyInit, method: "POST", duplex: "half" });
    whole.#method = this.method;
    whole.#headers = new Headers(this.headers);
    return whole;
  }

  #read(value: string | number): string {
    if (typeof value === "string") return value;
    throw new TypeError(
      "The request is over: read its method, url and headers before the response is complete",
    );
  }

  #makeSignal(): AbortSignal {
    if (this.#exchange === undefined)
      return dependentSignal(this.#followed === undefined ? [] : [this.#followed]);
    const controller = new AbortController();
    this.#exchange.whenGone((why) => controller.abort(why));
    return controller.signal;
  }
}
mixBody(Request);
nameClass(Request, "Request");

/** Reads everything that the kernel forgets when the answer is complete. */
export function keepRequest(request: Request): void {
  void request.method;
  void request.url;
  void request.headers;
}

function bodyOf(
  source: Request | undefined,
  init: RequestInit,
  method: string,
  settings: RequestSettings,
): { content: Content; type: string | undefined } {
  if (init.duplex !== undefined && String(init.duplex) !== "half")
    throw new TypeError(`${String(init.duplex)} is no value of duplex`);
  const isGiven = init.body !== undefined && init.body !== null;
  const hasBody = isGiven || (init.body === undefined && source !== undefined && source.body !== null);
  if (hasBody && (method === "GET" || method === "HEAD"))
    throw new TypeError(`A ${method} request has no body`);
  if (!isGiven) {
    return { content: hasBody ? throughContent(takeContent(source!)) : null, type: undefined };
  }
  if (isReadableStream(init.body)) {
    if (init.duplex === undefined)
      throw new TypeError('A request whose body is a stream needs duplex: "half"');
    if (settings.keepalive) throw new TypeError("A request with keepalive has no stream as its body");
  }
  return extractBody(init.body);
}

/** A stream goes on as another stream: the source's stays with it, read. */
function throughContent(content: Content): Content {
  if (!isReadableStream(content)) return content;
  return content.pipeThrough(new (streams().TransformStream)());
}

function headersOf(source: Request | undefined, init: RequestInit, mode: string): Headers {
  if (mode !== "no-cors") return new Headers(init.headers ?? source?.headers);
  const headers = guardHeaders(new Headers(), "no-cors");
  for (const [name, value] of new Headers(init.headers ?? source?.headers)) headers.append(name, value);
  return headers;
}

function signalOf({ signal }: RequestInit): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal.aborted !== "boolean") throw new TypeError("A request's signal must be an AbortSignal");
  return signal;
}
