/**
 * ErrorEvent, PromiseRejectionEvent (HTML Standard, 8.1.4), MessageEvent (9.1) and CloseEvent (WebSockets Standard, 6):
 * events with more to tell.
 */
import { Event, toDictionary, type EventInit } from "./event.ts";
import { nameClass, requireArguments } from "./globals.ts";

export interface ErrorEventInit extends EventInit {
  message?: string;
  filename?: string;
  lineno?: number;
  colno?: number;
  error?: unknown;
}

export class ErrorEvent extends Event {
  readonly #init: ErrorEventInit;

  constructor(type: string, init?: ErrorEventInit) {
    requireArguments(arguments, 1, "ErrorEvent");
    super(type, init);
    this.#init = { ...toDictionary(init, "An event's second argument") };
  }

  get message(): string {
    return String(this.#init.message ?? "");
  }

  get filename(): string {
    return String(this.#init.filename ?? "");
  }

  get lineno(): number {
    return Number(this.#init.lineno ?? 0) >>> 0;
  }

  get colno(): number {
    return Number(this.#init.colno ?? 0) >>> 0;
  }

  get error(): unknown {
    return this.#init.error;
  }
}
nameClass(ErrorEvent, "ErrorEvent");

export class PromiseRejectionEvent extends Event {
  readonly #promise: object;
  readonly #reason: unknown;

  constructor(type: string, init: EventInit & { promise: object; reason?: unknown }) {
    requireArguments(arguments, 2, "PromiseRejectionEvent");
    super(type, init);
    const { promise, reason } = toDictionary(init, "An event's second argument");
    if (typeof promise !== "object" || promise === null)
      throw new TypeError("A PromiseRejectionEvent needs its promise");
    this.#promise = promise;
    this.#reason = reason;
  }

  get promise(): object {
    return this.#promise;
  }

  get reason(): unknown {
    return this.#reason;
  }
}
nameClass(PromiseRejectionEvent, "PromiseRejectionEvent");

export interface MessageEventInit extends EventInit {
  data?: unknown;
  origin?: string;
  lastEventId?: string;
  source?: object | null;
  ports?: Iterable<object>;
}

export class MessageEvent extends Event {
  #data: unknown;
  #origin: string;
  #lastEventId: string;
  #source: object | null;
  #ports: readonly object[];

  constructor(type: string, init?: MessageEventInit) {
    requireArguments(arguments, 1, "MessageEvent");
    super(type, init);
    const given = toDictionary(init, "An event's second argument");
    this.#data = given.data === undefined ? null : given.data;
    this.#origin = String(given.origin ?? "");
    this.#lastEventId = String(given.lastEventId ?? "");
    this.#source = given.source ?? null;
    this.#ports = Object.freeze([...(given.ports ?? [])]);
  }

  get data(): unknown {
    return this.#data;
  }

  get origin(): string {
    return this.#origin;
  }

  get lastEventId(): string {
    return this.#lastEventId;
  }

  get source(): object | null {
    return this.#source;
  }

  get ports(): readonly object[] {
    return this.#ports;
  }

  initMessageEvent(
    type: string,
    bubbles = false,
    cancelable = false,
    data: unknown = null,
    origin = "",
    lastEventId = "",
    source: object | null = null,
    ports: Iterable<object> = [],
  ): void {
    requireArguments(arguments, 1, "initMessageEvent");
    this.initEvent(type, bubbles, cancelable);
    this.#data = data;
    this.#origin = String(origin);
    this.#lastEventId = String(lastEventId);
    this.#source = source;
    this.#ports = Object.freeze([...ports]);
  }
}
nameClass(MessageEvent, "MessageEvent");

export class CloseEvent extends Event {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, init: EventInit & { code?: number; reason?: string; wasClean?: boolean } = {}) {
    super(type, init);
    this.#code = Number(init.code ?? 0);
    this.#reason = String(init.reason ?? "");
    this.#wasClean = Boolean(init.wasClean);
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }
}
nameClass(CloseEvent, "CloseEvent");
