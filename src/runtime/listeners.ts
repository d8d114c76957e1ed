/**
 * The listeners of one event target, and how an event visits them (DOM Standard, sections 2.7 to 2.9).
 *
 * There is no tree: a target is the whole path. Listeners that capture are called before those that do not.
 */
import { reportError } from "./report.ts";

export type Callback<E> = ((event: E) => unknown) | { handleEvent(event: E): unknown };

interface Registration<E> {
  readonly type: string;
  callback: Callback<E>;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  isRemoved: boolean;
}

/** What of an event its visit reads and writes. */
export interface Visit<E> {
  readonly event: E;
  readonly type: string;
  isStopped(): boolean;
  isStoppedAtOnce(): boolean;
  setPassive(passive: boolean): void;
}

export interface ListenerFlags {
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
}

export class Listeners<E> {
  #all: Registration<E>[] = [];
  /** The listeners that `on...` attributes are. */
  readonly #handlers = new Map<string, Registration<E>>();

  add(type: string, callback: Callback<E>, flags: ListenerFlags): void {
    if (this.#find(type, callback, flags.capture) !== undefined) return;
    this.#all = [...this.#all, { type, callback, ...flags, isRemoved: false }];
  }

  remove(type: string, callback: Callback<E>, capture: boolean): void {
    const found = this.#find(type, callback, capture);
    if (found !== undefined) this.#drop(found);
  }

  #find(type: string, callback: Callback<E>, capture: boolean): Registration<E> | undefined {
    return this.#all.find((one) => one.callback === callback && one.type === type && one.capture === capture);
  }

  #drop(registration: Registration<E>): void {
    registration.isRemoved = true;
    this.#all = this.#all.filter((one) => one !== registration);
  }

  handler(type: string): Callback<E> | null {
    return this.#handlers.get(type)?.callback ?? null;
  }

  /** An `on...` attribute is set: it keeps its place among the listeners while it only changes. */
  setHandler(type: string, value: unknown): void {
    const known = this.#handlers.get(type);
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      if (known !== undefined) this.#drop(known);
      this.#handlers.delete(type);
      return;
    }
    const callback = value as Callback<E>;
    if (known !== undefined) {
      known.callback = callback;
      return;
    }
    const handler = { type, callback, capture: false, once: false, passive: false, isRemoved: false };
    this.#handlers.set(type, handler);
    this.#all = [...this.#all, handler];
  }

  has(type: string): boolean {
    return this.#all.some((one) => one.type === type);
  }

  /** `answered` hears what an `on...` attribute's function returned. */
  visit(target: object, visit: Visit<E>, call: HandlerCall<E>): void {
    const here = this.#all;
    for (const capture of [true, false]) {
      if (visit.isStopped()) return;
      for (const one of here) {
        if (one.type !== visit.type || one.capture !== capture || one.isRemoved) continue;
        if (visit.isStoppedAtOnce()) return;
        if (one.once) this.#drop(one);
        visit.setPassive(one.passive);
        this.#call(target, one, visit, call);
        visit.setPassive(false);
      }
    }
  }

  /** A listener's error is reported and does not stop the others. */
  #call(target: object, one: Registration<E>, { event, type }: Visit<E>, call: HandlerCall<E>): void {
    try {
      const { callback } = one;
      if (this.#handlers.get(type) === one) {
        if (typeof callback === "function") call(target, callback, event);
      } else if (typeof callback === "function") {
        callback.call(target, event);
      } else {
        callback.handleEvent(event);
      }
    } catch (error) {
      reportError(error);
    }
  }
}

/** Calls the function of an `on...` attribute, and heeds what it returns. */
export type HandlerCall<E> = (target: object, callback: (event: E) => unknown, event: E) => void;
