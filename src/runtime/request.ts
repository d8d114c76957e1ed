/**
 * Request (Fetch Standard, section 5.4).
 *
 * A request that came from the network is a number of the kernel's: its method, target and fields become
 * JavaScript values when they are first read. They can be read until the answer is complete.
 */
import { AbortController, dependentSignal, type AbortSignal } from "./abort.ts";
import {
  extractBody,
  mixBody,
  shareContent,
  takeContent,
  type Body,
  type BodyInit,
  type BodyState,
  type Content,
} from "./body.ts";
import { toDictionary } from "./event.ts";
import { exchangeOf, textOfRequest } from "./exchange.ts";
import { nameClass } from "./globals.ts";
import { guardHeaders, Headers, headersOfRequest, headersToLines, type HeadersInit } from "./headers.ts";
import { address, bodySize, methodName } from "./host.ts";
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

const NO_NUMBER = -1;

interface RequestState extends Omit<BodyState, "content"> {
  /** The kernel's number; -1 of what an app made. */
  readonly id: number;
  /** Undefined, as the next three: the kernel has not been asked. */
  content: Content | undefined;
  method: string | undefined;
  url: string | undefined;
  headers: Headers | undefined;
  settings: RequestSettings;
  signal: AbortSignal | undefined;
  /** The signal that this one's is to follow. */
  followed: AbortSignal | undefined;
}

/** Of a request that came, before anything is read of it: what is not written into its state is found here. */
const ARRIVED: RequestState = {
  id: NO_NUMBER,
  content: undefined,
  stream: undefined,
  isUsed: false,
  method: undefined,
  url: undefined,
  headers: undefined,
  settings: DEFAULT_SETTINGS,
  signal: undefined,
  followed: undefined,
};

/** Says to the constructor that a number of the kernel's follows. */
const NUMBERED = Symbol("numbered");
type Numbered = new (mark: typeof NUMBERED, id: number) => Request;

export let requestOf: (id: number) => Request;
let stateOf: (request: Request) => RequestState;

/** The kernel's number of a request that came; below 0: an app made it. */
export function numberOf(request: Request): number {
  return stateOf(request).id;
}

export class Request {
  /** The kernel's number, as long as nothing is read. */
  #state: number | RequestState;

  declare readonly body: Body["body"];
  declare readonly bodyUsed: Body["bodyUsed"];
  declare readonly text: Body["text"];
  declare readonly json: Body["json"];
  declare readonly bytes: Body["bytes"];
  declare readonly arrayBuffer: Body["arrayBuffer"];
  declare readonly blob: Body["blob"];
  declare readonly formData: Body["formData"];

  constructor(input: string | URL | Request, init?: RequestInit) {
    this.#state = (input as unknown) === NUMBERED ? (init as unknown as number) : makeState(input, init);
  }

  static {
    requestOf = (id) => new (Request as unknown as Numbered)(NUMBERED, id);
    stateOf = (request) => {
      const state = request.#state;
      if (typeof state === "object") return state;
      return (request.#state = { __proto__: ARRIVED, id: state } as unknown as RequestState);
    };
  }

  get method(): string {
    const state = stateOf(this);
    return (state.method ??= textOfRequest(methodName(state.id)));
  }

  get url(): string {
    const state = stateOf(this);
    return (state.url ??= textOfRequest(address(state.id)));
  }

  get headers(): Headers {
    const state = stateOf(this);
    return (state.headers ??= headersOfRequest(state.id));
  }

  get destination(): string {
    stateOf(this);
    return "";
  }

  get referrer(): string {
    return stateOf(this).settings.referrer;
  }

  get referrerPolicy(): string {
    return stateOf(this).settings.referrerPolicy;
  }

  get mode(): string {
    return stateOf(this).settings.mode;
  }

  get credentials(): string {
    return stateOf(this).settings.credentials;
  }

  get cache(): string {
    return stateOf(this).settings.cache;
  }

  get redirect(): string {
    return stateOf(this).settings.redirect;
  }

  get integrity(): string {
    return stateOf(this).settings.integrity;
  }

  get keepalive(): boolean {
    return stateOf(this).settings.keepalive;
  }

  get isReloadNavigation(): boolean {
    stateOf(this);
    return false;
  }

  get isHistoryNavigation(): boolean {
    stateOf(this);
    return false;
  }

  get signal(): AbortSignal {
    const state = stateOf(this);
    return (state.signal ??= signalFor(state));
  }

  get duplex(): string {
    stateOf(this);
    return "half";
  }

  clone(): Request {
    const content = shareContent(bodyState(this));
    const copy = new Request(this.url);
    Object.assign(stateOf(copy), {
      method: this.method,
      headers: new Headers(this.headers),
      settings: stateOf(this).settings,
      followed: this.signal,
      content,
      stream: isReadableStream(content) ? content : undefined,
    });
    return copy;
  }
}
mixBody(Request, bodyState);
nameClass(Request, "Request");

/** Whether there is a body is asked only when it matters. */
function bodyState(request: Request): BodyState {
  const state = stateOf(request);
  if (state.content === undefined) state.content = bodySize(state.id) === 0 ? null : exchangeOf(state.id);
  return state as BodyState;
}

/** The content for sending it on, which marks the body as used. */
export function takeRequestContent(request: Request): Content {
  return takeContent(bodyState(request));
}

/** Reads everything that the kernel forgets when the answer is complete. */
export function keepRequest(request: Request): void {
  void request.method;
  void request.url;
  void headersToLines(request.headers);
}

function signalFor({ id, followed }: RequestState): AbortSignal {
  if (id === NO_NUMBER) return dependentSignal(followed === undefined ? [] : [followed]);
  const controller = new AbortController();
  exchangeOf(id).whenGone((why) => controller.abort(why));
  return controller.signal;
}

/** Of a request that an app makes. */
function makeState(input: string | URL | Request, init: RequestInit | undefined): RequestState {
  if (input === undefined) throw new TypeError("Request takes 1 argument, 0 given");
  const source = input instanceof Request ? input : undefined;
  const given = toDictionary(init, "A Request's second argument") as RequestInit;
  const url = source === undefined ? parseAddress(input as string | URL) : source.url;
  const settings = settingsOf(given, source === undefined ? DEFAULT_SETTINGS : stateOf(source).settings);
  const method = normalMethod(given.method ?? source?.method ?? "GET");
  const { content, type } = contentOf(source, given, method, settings);
  const headers = headersOf(source, given, settings.mode);
  if (type !== undefined && !headers.has("content-type")) headers.set("content-type", type);
  return {
    id: NO_NUMBER,
    content,
    stream: isReadableStream(content) ? content : undefined,
    isUsed: false,
    method,
    url,
    headers,
    settings,
    signal: undefined,
    followed: signalOf(given) ?? (given.signal === null ? undefined : source?.signal),
  };
}

function contentOf(
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
    return { content: hasBody ? throughContent(takeRequestContent(source!)) : null, type: undefined };
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
