/** Event, CustomEvent and EventTarget (DOM Standard, sections 2.2 to 2.9), for targets without a tree. */
import { DOMException } from "./dom-exception.ts";
import { defineConstants, nameClass, requireArguments } from "./globals.ts";
import { monotonic } from "./host.ts";
import { Listeners, type Callback, type Visit } from "./listeners.ts";

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

export type Listener = Callback<Event>;
export interface ListenerOptions {
  once?: boolean;
  capture?: boolean;
  passive?: boolean;
  signal?: AbortSource;
}

/** What a listener's `signal` must be; `abort.ts` says so, which stands above this file. */
export interface AbortSource {
  readonly aborted: boolean;
}
let whenAborted: (signal: AbortSource, callback: () => void) => void;
export function setWhenAborted(given: (signal: AbortSource, callback: () => void) => void): void {
  whenAborted = given;
}

const PHASES = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 };

/** Web IDL's conversion to a dictionary. */
export function toDictionary<T extends object>(value: T | null | undefined, what: string): Partial<T> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function")
    throw new TypeError(`${what} must be an object`);
  return value;
}

const trusted = new WeakSet<Event>();
/** The accessor is each event's own and cannot be replaced (LegacyUnforgeable). */
const IS_TRUSTED: PropertyDescriptor & ThisType<Event> = {
  ...Object.getOwnPropertyDescriptor(
    {
      get isTrusted() {
        return trusted.has(this as unknown as Event);
      },
    },
    "isTrusted",
  ),
  configurable: false,
};

/** Sends an event through the listeners of `target`; false where it was cancelled. */
let dispatch: (target: object, listeners: Listeners<Event>, event: Event) => boolean;

export class Event {
  #type: string;
  #bubbles: boolean;
  #cancelable: boolean;
  readonly #composed: boolean;
  readonly #timeStamp = monotonic();
  #target: object | null = null;
  #currentTarget: object | null = null;
  #phase = PHASES.NONE;
  #isPrevented = false;
  #isStopped = false;
  #isStoppedAtOnce = false;
  #isPassive = false;
  #isDispatching = false;
  #isInitialized = true;

  constructor(type: string, init?: EventInit) {
    requireArguments(arguments, 1, "Event");
    const { bubbles, cancelable, composed } = toDictionary(init, "An event's second argument");
    this.#type = String(type);
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
    this.#composed = Boolean(composed);
    Object.defineProperty(this, "isTrusted", IS_TRUSTED);
  }

  static {
    dispatch = (target, listeners, event) => {
      if (event.#isDispatching || !event.#isInitialized)
        throw new DOMException("The event is being dispatched already", "InvalidStateError");
      return event.#dispatch(target, listeners);
    };
  }

  #dispatch(target: object, listeners: Listeners<Event>): boolean {
    this.#isDispatching = true;
    this.#target = target;
    this.#currentTarget = target;
    this.#phase = PHASES.AT_TARGET;
    const visit: Visit<Event> = {
      event: this,
      type: this.#type,
      isStopped: () => this.#isStopped,
      isStoppedAtOnce: () => this.#isStoppedAtOnce,
      setPassive: (passive) => void (this.#isPassive = passive),
    };
    listeners.visit(target, visit, callHandler);
    this.#phase = PHASES.NONE;
    this.#currentTarget = null;
    this.#isDispatching = false;
    this.#isStopped = false;
    this.#isStoppedAtOnce = false;
    return !this.#isPrevented;
  }

  get type(): string {
    return this.#type;
  }

  get target(): object | null {
    return this.#target;
  }

  get srcElement(): object | null {
    return this.#target;
  }

  get currentTarget(): object | null {
    return this.#currentTarget;
  }

  composedPath(): object[] {
    return this.#currentTarget === null ? [] : [this.#currentTarget];
  }

  get eventPhase(): number {
    return this.#phase;
  }

  stopPropagation(): void {
    this.#isStopped = true;
  }

  get cancelBubble(): boolean {
    return this.#isStopped;
  }

  set cancelBubble(value: boolean) {
    if (value) this.#isStopped = true;
  }

  stopImmediatePropagation(): void {
    this.#isStopped = true;
    this.#isStoppedAtOnce = true;
  }

  get bubbles(): boolean {
    return this.#bubbles;
  }

  get cancelable(): boolean {
    return this.#cancelable;
  }

  get returnValue(): boolean {
    return !this.#isPrevented;
  }

  set returnValue(value: boolean) {
    if (!value) this.preventDefault();
  }

  preventDefault(): void {
    if (this.#cancelable && !this.#isPassive) this.#isPrevented = true;
  }

  get defaultPrevented(): boolean {
    return this.#isPrevented;
  }

  get composed(): boolean {
    return this.#composed;
  }

  get timeStamp(): number {
    return this.#timeStamp;
  }

  initEvent(type: string, bubbles = false, cancelable = false): void {
    requireArguments(arguments, 1, "initEvent");
    if (this.#isDispatching) return;
    this.#type = String(type);
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
    this.#isPrevented = false;
    this.#isStopped = false;
    this.#isStoppedAtOnce = false;
    this.#target = null;
  }
}
nameClass(Event, "Event");
defineConstants(Event, PHASES);

/** An `on...` attribute's function that returns false cancels, but for `onerror`, whose arguments differ too. */
function callHandler(target: object, callback: (event: Event) => unknown, event: Event): void {
  if (event.type === "error" && target === globalThis && "error" in event) {
    const { message, filename, lineno, colno, error } = event as unknown as Record<string, unknown>;
    const values = [message, filename, lineno, colno, error];
    if ((callback as (...values: unknown[]) => unknown).apply(target, values) === true)
      event.preventDefault();
  } else if (callback.call(target, event) === false) {
    event.preventDefault();
  }
}

/** An event of the runtime's own. */
export function trust<E extends Event>(event: E): E {
  trusted.add(event);
  return event;
}

export class CustomEvent<T = unknown> extends Event {
  #detail: T | null;

  constructor(type: string, init?: EventInit & { detail?: T }) {
    requireArguments(arguments, 1, "CustomEvent");
    super(type, init);
    this.#detail = init?.detail ?? null;
  }

  get detail(): T | null {
    return this.#detail;
  }

  initCustomEvent(type: string, bubbles = false, cancelable = false, detail: T | null = null): void {
    requireArguments(arguments, 1, "initCustomEvent");
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}
nameClass(CustomEvent, "CustomEvent");

function captures(options: unknown): boolean {
  if (typeof options === "object" && options !== null) return Boolean((options as ListenerOptions).capture);
  return Boolean(options);
}

function requireCallback(callback: unknown): Listener | null {
  if (callback === null || callback === undefined) return null;
  if (typeof callback === "object" || typeof callback === "function") return callback as Listener;
  throw new TypeError("A listener must be a function, or an object with handleEvent");
}

/** The three methods, for any listeners: a target's own, or the global scope's. */
export function listen(
  listeners: Listeners<Event>,
  type: string,
  callback: Listener | null,
  options?: ListenerOptions | boolean,
): void {
  const known = requireCallback(callback);
  const capture = captures(options);
  const { once, passive, signal } = (
    typeof options === "object" && options !== null ? options : {}
  ) as ListenerOptions;
  if (signal !== undefined && (signal === null || typeof signal.aborted !== "boolean"))
    throw new TypeError("A listener's signal must be an AbortSignal");
  if (signal?.aborted === true || known === null) return;
  listeners.add(type, known, { capture, once: Boolean(once), passive: Boolean(passive) });
  if (signal !== undefined) whenAborted(signal, () => listeners.remove(type, known, capture));
}

export function unlisten(
  listeners: Listeners<Event>,
  type: string,
  callback: Listener | null,
  options?: ListenerOptions | boolean,
): void {
  const known = requireCallback(callback);
  if (known !== null) listeners.remove(type, known, captures(options));
}

export function dispatchTo(target: object, listeners: Listeners<Event>, event: Event): boolean {
  if (!(event instanceof Event)) throw new TypeError("dispatchEvent takes an Event");
  return dispatch(target, listeners, event);
}

/** The listeners of a target. */
let listenersOf: (target: EventTarget) => Listeners<Event>;

export class EventTarget {
  readonly #listeners = new Listeners<Event>();

  static {
    listenersOf = (target) => target.#listeners;
  }

  addEventListener(type: string, callback: Listener | null, options?: ListenerOptions | boolean): void {
    requireArguments(arguments, 2, "addEventListener");
    listen(this.#listeners, String(type), callback, options);
  }

  removeEventListener(type: string, callback: Listener | null, options?: ListenerOptions | boolean): void {
    requireArguments(arguments, 2, "removeEventListener");
    unlisten(this.#listeners, String(type), callback, options);
  }

  dispatchEvent(event: Event): boolean {
    requireArguments(arguments, 1, "dispatchEvent");
    trusted.delete(event);
    return dispatchTo(this, this.#listeners, event);
  }
}
nameClass(EventTarget, "EventTarget");
Object.defineProperty(EventTarget.prototype.addEventListener, "length", { value: 2 });
Object.defineProperty(EventTarget.prototype.removeEventListener, "length", { value: 2 });

/** Sends one of the runtime's own events. */
export function fire(target: EventTarget, event: Event): boolean {
  return dispatchTo(target, listenersOf(target), trust(event));
}

/** An `on...` attribute. */
export function handlerOf(target: EventTarget, type: string): Listener | null {
  return listenersOf(target).handler(type);
}

export function setHandler(target: EventTarget, type: string, value: unknown): void {
  listenersOf(target).setHandler(type, value);
}
