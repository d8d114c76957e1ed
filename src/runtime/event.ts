/** Event, CustomEvent and EventTarget (DOM Standard, sections 2.2 to 2.9), for targets without a tree. */
import { monotonic } from "./host.ts";
import { nameClass } from "./globals.ts";
import { reportError } from "./report.ts";

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

let isStopped: (event: Event) => boolean;

export class Event {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly timeStamp: number;
  target: EventTarget | null = null;
  currentTarget: EventTarget | null = null;
  eventPhase = 0;
  #isPrevented = false;
  #isStopped = false;

  constructor(type: string, init: EventInit = {}) {
    this.type = String(type);
    this.bubbles = init.bubbles === true;
    this.cancelable = init.cancelable === true;
    this.composed = init.composed === true;
    this.timeStamp = monotonic();
  }

  get defaultPrevented(): boolean {
    return this.#isPrevented;
  }

  get isTrusted(): boolean {
    return false;
  }

  preventDefault(): void {
    if (this.cancelable) this.#isPrevented = true;
  }

  stopPropagation(): void {}

  stopImmediatePropagation(): void {
    this.#isStopped = true;
  }

  static {
    isStopped = (event) => event.#isStopped;
  }

  composedPath(): EventTarget[] {
    return this.currentTarget === null ? [] : [this.currentTarget];
  }
}
nameClass(Event, "Event");

export class CustomEvent<T = unknown> extends Event {
  readonly detail: T | null;

  constructor(type: string, init: EventInit & { detail?: T } = {}) {
    super(type, init);
    this.detail = init.detail ?? null;
  }
}
nameClass(CustomEvent, "CustomEvent");

export type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };
export interface ListenerOptions {
  once?: boolean;
  capture?: boolean;
  passive?: boolean;
  signal?: { readonly aborted: boolean; addEventListener(type: string, listener: Listener): void };
}

interface Registration {
  readonly listener: Listener;
  readonly once: boolean;
  readonly capture: boolean;
  isRemoved: boolean;
}

export class EventTarget {
  #registrations = new Map<string, Registration[]>();

  addEventListener(type: string, listener: Listener | null, options: ListenerOptions | boolean = {}): void {
    if (listener === null || listener === undefined) return;
    const {
      once = false,
      capture = false,
      signal,
    } = typeof options === "boolean" ? { capture: options } : options;
    if (signal?.aborted === true) return;
    const list = this.#registrations.get(type) ?? [];
    if (list.some((one) => one.listener === listener && one.capture === capture)) return;
    this.#registrations.set(type, [...list, { listener, once, capture, isRemoved: false }]);
    signal?.addEventListener("abort", () => this.removeEventListener(type, listener, capture));
  }

  removeEventListener(
    type: string,
    listener: Listener | null,
    options: ListenerOptions | boolean = {},
  ): void {
    const capture = typeof options === "boolean" ? options : options.capture === true;
    const list = this.#registrations.get(type) ?? [];
    const found = list.find((one) => one.listener === listener && one.capture === capture);
    if (found === undefined) return;
    found.isRemoved = true;
    this.#registrations.set(
      type,
      list.filter((one) => one !== found),
    );
  }

  dispatchEvent(event: Event): boolean {
    event.target = this;
    event.currentTarget = this;
    event.eventPhase = 2;
    const handler = (this as Record<string, unknown>)[`on${event.type}`];
    if (typeof handler === "function") callListener(this, handler as Listener, event);
    for (const one of this.#registrations.get(event.type) ?? []) {
      if (one.isRemoved || isStopped(event)) continue;
      if (one.once) this.removeEventListener(event.type, one.listener, one.capture);
      callListener(this, one.listener, event);
    }
    event.eventPhase = 0;
    event.currentTarget = null;
    return !event.defaultPrevented;
  }
}
nameClass(EventTarget, "EventTarget");

/** A listener's error is reported and does not stop the others. */
function callListener(target: EventTarget, listener: Listener, event: Event): void {
  try {
    if (typeof listener === "function") listener.call(target, event);
    else listener.handleEvent(event);
  } catch (error) {
    reportError(error);
  }
}
