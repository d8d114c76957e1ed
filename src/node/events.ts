/**
 * node:events (Node 20): EventEmitter, and waiting for its events.
 *
 * Written here: the package `events` is of Node 11, without `on`, `errorMonitor` and `captureRejections`.
 *
 * Tests:  events.test.ts, beside Node's own
 */
import { coded, invalidType, outOfRange, requireFunction } from "./errors.ts";
import { on, once } from "./events-async.ts";
import { machine } from "./machine.ts";

export type Name = string | symbol;
export type Listener = (...values: unknown[]) => unknown;
/** A listener that is called once stands for the one that was given. */
type Wrapped = Listener & { readonly listener?: Listener };

export const captureRejectionSymbol = Symbol.for("nodejs.rejection");
export const errorMonitor = Symbol("events.errorMonitor");
const CAPTURE = Symbol("kCapture");
const WARNED = Symbol("warned");

interface Fields {
  _events: Record<Name, Listener[]> | undefined;
  _eventsCount: number;
  _maxListeners: number | undefined;
  [CAPTURE]: boolean;
}

let defaultMaxListeners = 10;

/** A function, not a class: `EventEmitter.call(this)` is how older packages extend it. */
interface EmitterFunction {
  (options?: { captureRejections?: boolean }): void;
  new (options?: { captureRejections?: boolean }): EventEmitter;
  prototype: EventEmitter;
}

class Emitter {
  declare _events: Record<Name, Listener[]> | undefined;
  declare _eventsCount: number;
  declare _maxListeners: number | undefined;

  setMaxListeners(count: number): this {
    if (typeof count !== "number" || !(count >= 0)) throw outOfRange("setMaxListeners", ">= 0", count);
    this._maxListeners = count;
    return this;
  }

  getMaxListeners(): number {
    return this._maxListeners ?? defaultMaxListeners;
  }

  emit(name: Name, ...values: unknown[]): boolean {
    const events = this._events;
    if (name === "error") {
      if (events?.[errorMonitor] !== undefined) this.emit(errorMonitor, ...values);
      if (events?.["error"] === undefined) throw unhandled(values[0]);
    }
    const listeners = events?.[name];
    if (listeners === undefined) return false;
    const capture = (this as unknown as Fields)[CAPTURE];
    // A copy is made when the list changes (`list`), so this one stays as it is.
    for (let index = 0; index < listeners.length; index++) {
      const result = listeners[index]!.apply(this, values);
      if (capture && result !== undefined && result !== null) watch(this, result, name, values);
    }
    return true;
  }

  addListener(name: Name, listener: Listener): this {
    return add(this, name, listener, false);
  }

  prependListener(name: Name, listener: Listener): this {
    return add(this, name, listener, true);
  }

  once(name: Name, listener: Listener): this {
    requireFunction(listener, "listener");
    return this.on(name, wrapOnce(this, name, listener));
  }

  prependOnceListener(name: Name, listener: Listener): this {
    requireFunction(listener, "listener");
    return this.prependListener(name, wrapOnce(this, name, listener));
  }

  removeListener(name: Name, listener: Listener): this {
    requireFunction(listener, "listener");
    const listeners = this._events?.[name];
    if (listeners === undefined) return this;
    const at = listeners.findLastIndex((one) => one === listener || (one as Wrapped).listener === listener);
    if (at < 0) return this;
    const given = (listeners[at] as Wrapped).listener ?? listeners[at]!;
    setList(this, name, listeners.toSpliced(at, 1));
    if (this._events?.["removeListener"] !== undefined) this.emit("removeListener", name, given);
    return this;
  }

  removeAllListeners(name?: Name): this {
    const events = this._events;
    if (events === undefined) return this;
    if (events["removeListener"] === undefined) {
      if (arguments.length === 0) clear(this);
      else setList(this, name!, []);
      return this;
    }
    if (arguments.length > 0) {
      for (const listener of (events[name!] ?? []).toReversed()) this.removeListener(name!, listener);
      return this;
    }
    for (const one of Reflect.ownKeys(events)) if (one !== "removeListener") this.removeAllListeners(one);
    this.removeAllListeners("removeListener");
    clear(this);
    return this;
  }

  listeners(name: Name): Listener[] {
    return (this._events?.[name] ?? []).map((one) => (one as Wrapped).listener ?? one);
  }

  rawListeners(name: Name): Listener[] {
    return [...(this._events?.[name] ?? [])];
  }

  listenerCount(name: Name, listener?: Listener): number {
    const listeners = this._events?.[name] ?? [];
    if (listener === undefined || listener === null) return listeners.length;
    return listeners.filter((one) => one === listener || (one as Wrapped).listener === listener).length;
  }

  eventNames(): Name[] {
    return this._events === undefined ? [] : Reflect.ownKeys(this._events);
  }

  declare on: (name: Name, listener: Listener) => this;
  declare off: (name: Name, listener: Listener) => this;
}

export type EventEmitter = Emitter;

const { prototype } = Emitter;
prototype.on = prototype.addListener;
prototype.off = prototype.removeListener;
prototype._events = undefined;
prototype._eventsCount = 0;
prototype._maxListeners = undefined;
// As in Node, methods are found by `for ... in`, which older packages copy them with.
for (const key of Object.getOwnPropertyNames(prototype))
  if (key !== "constructor") Object.defineProperty(prototype, key, { enumerable: true });

/** Fields are made on the object, never shared through a prototype that is an emitter itself. */
function clear(emitter: Emitter): void {
  emitter._events = Object.create(null) as Record<Name, Listener[]>;
  emitter._eventsCount = 0;
}

function setList(emitter: Emitter, name: Name, listeners: Listener[]): void {
  const events = emitter._events!;
  if (listeners.length > 0) events[name] = listeners;
  else if (name in events && --emitter._eventsCount >= 0) delete events[name];
}

function add(emitter: Emitter, name: Name, listener: Listener, isFirst: boolean): typeof emitter & never {
  requireFunction(listener, "listener");
  if (emitter._events === undefined) clear(emitter);
  // Before it is added: a listener for "newListener" is not told of itself.
  if (emitter._events!["newListener"] !== undefined)
    emitter.emit("newListener", name, (listener as Wrapped).listener ?? listener);
  const before = emitter._events![name];
  if (before === undefined) emitter._eventsCount++;
  const listeners = before ?? [];
  emitter._events![name] = isFirst ? [listener, ...listeners] : [...listeners, listener];
  warnOfMany(emitter, name, listeners.length + 1);
  return emitter as never;
}

/** A list that only grows is most often a leak: said once. */
function warnOfMany(emitter: Emitter, name: Name, count: number): void {
  const limit = emitter.getMaxListeners();
  const list = emitter._events![name] as Listener[] & { [WARNED]?: boolean };
  if (limit === 0 || count !== limit + 1 || list[WARNED]) return;
  machine.write(
    2,
    `MaxListenersExceededWarning: Possible EventEmitter memory leak detected. ${count} ${String(name)} listeners added. Use emitter.setMaxListeners() to increase limit\n`,
  );
}

function wrapOnce(emitter: Emitter, name: Name, listener: Listener): Wrapped {
  let isFired = false;
  const wrapped = function (this: unknown, ...values: unknown[]) {
    if (isFired) return undefined;
    isFired = true;
    emitter.removeListener(name, wrapped);
    return listener.apply(emitter, values);
  };
  return Object.assign(wrapped, { listener });
}

function unhandled(value: unknown): unknown {
  if (value instanceof Error) return value;
  const shown = typeof value === "string" ? `'${value}'` : machine.inspect(value);
  const error = coded(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${shown})`);
  return Object.assign(error, { context: value });
}

/** A listener's promise that is rejected is an error of the emitter. */
function watch(emitter: Emitter, result: unknown, name: Name, values: unknown[]): void {
  const { then } = result as { then?: unknown };
  if (typeof then !== "function") return;
  (then as Promise<unknown>["then"]).call(result as Promise<unknown>, undefined, (error: unknown) => {
    queueMicrotask(() => {
      const handle = (emitter as unknown as Record<symbol, unknown>)[captureRejectionSymbol];
      if (typeof handle === "function") (handle as Listener).call(emitter, error, name, ...values);
      else emitter.emit("error", error);
    });
  });
}

function EventEmitterOf(this: Emitter & Fields, options?: { captureRejections?: boolean }): void {
  init.call(this, options);
}

function init(this: Emitter & Fields, options?: { captureRejections?: boolean }): void {
  if (this._events === undefined || this._events === (Object.getPrototypeOf(this) as Fields)._events)
    clear(this);

  this._maxListeners = this._maxListeners;
  const capture = options?.captureRejections;
  if (capture !== undefined && typeof capture !== "boolean")
    throw invalidType("options.captureRejections", "boolean", capture);
  this[CAPTURE] = capture ?? EventEmitter.captureRejections;
}

export function getEventListeners(emitter: EventEmitter, name: Name): Listener[] {
  if (typeof emitter?.listeners === "function") return emitter.listeners(name);
  throw invalidType("emitter", ["EventEmitter", "EventTarget"], emitter);
}

export function getMaxListeners(emitter: EventEmitter): number {
  return emitter?.getMaxListeners?.() ?? defaultMaxListeners;
}

export function setMaxListeners(count = defaultMaxListeners, ...emitters: EventEmitter[]): void {
  if (typeof count !== "number" || !(count >= 0)) throw outOfRange("setMaxListeners", ">= 0", count);
  if (emitters.length === 0) defaultMaxListeners = count;
  // A target of the Web's events has no limit.
  for (const emitter of emitters) emitter.setMaxListeners?.(count);
}

export function listenerCount(emitter: EventEmitter, name: Name): number {
  return emitter.listenerCount(name);
}

export function addAbortListener(signal: AbortSignal, listener: () => void): Disposable {
  if (signal === undefined) throw invalidType("signal", "AbortSignal", signal);
  requireFunction(listener, "listener");
  if (signal.aborted) queueMicrotask(listener);
  else signal.addEventListener("abort", listener, { once: true });
  const dispose = () => signal.removeEventListener("abort", listener);
  return { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: dispose } as unknown as Disposable;
}

export const EventEmitter = Object.assign(EventEmitterOf as unknown as EmitterFunction, {
  captureRejections: false,
  captureRejectionSymbol,
  errorMonitor,
  usingDomains: false,
  init,
  on,
  once,
  getEventListeners,
  getMaxListeners,
  setMaxListeners,
  listenerCount,
  addAbortListener,
});
Object.defineProperty(EventEmitter, "name", { value: "EventEmitter" });
EventEmitter.prototype = prototype;
Object.defineProperty(prototype, "constructor", { value: EventEmitter, writable: true, configurable: true });
Object.defineProperty(EventEmitter, "defaultMaxListeners", {
  enumerable: true,
  get: () => defaultMaxListeners,
  set: (count: number) => setMaxListeners(count),
});
/** The module is the class, and the class has itself as a member. */
Object.assign(EventEmitter, { EventEmitter });

export { on, once, defaultMaxListeners };
export default EventEmitter;
