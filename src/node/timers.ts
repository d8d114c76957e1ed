/**
 * node:timers (Node 20): timers are objects here, with `ref`, `unref` and `refresh`.
 *
 * A machine that serves does not end, so `unref` only says so: a program's timer keeps it alive either way.
 */
import { keep } from "./async-context.ts";
import { invalidType } from "./errors.ts";
import { machine } from "./machine.ts";
import promises from "./timers-promises.ts";

type Callback = (...values: never[]) => unknown;

function requireCallback(callback: unknown): asserts callback is Callback {
  if (typeof callback !== "function") throw invalidType("callback", "function", callback);
}

export class Timeout {
  readonly #callback: () => unknown;
  readonly #delayMs: number;
  readonly #repeats: boolean;
  #id: number;
  #hasRef = true;

  constructor(callback: () => unknown, delayMs: number, repeats: boolean) {
    this.#callback = keep(callback);
    this.#delayMs = delayMs;
    this.#repeats = repeats;
    this.#id = machine.setTimer(this.#callback, delayMs, repeats);
  }

  ref(): this {
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    this.#hasRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#hasRef;
  }

  refresh(): this {
    machine.clearTimer(this.#id);
    this.#id = machine.setTimer(this.#callback, this.#delayMs, this.#repeats);
    return this;
  }

  close(): this {
    machine.clearTimer(this.#id);
    return this;
  }

  /** The number that the Web's `clearTimeout` takes. */
  [Symbol.toPrimitive](): number {
    return this.#id;
  }
}

/** As `Timeout`, and what `setImmediate` gives. */
export class Immediate extends Timeout {}

export function setTimeout(callback: Callback, delayMs?: number, ...values: unknown[]): Timeout {
  requireCallback(callback);
  return new Timeout(() => callback(...(values as never[])), delayMs ?? 1, false);
}

export function setInterval(callback: Callback, delayMs?: number, ...values: unknown[]): Timeout {
  requireCallback(callback);
  return new Timeout(() => callback(...(values as never[])), delayMs ?? 1, true);
}

export function setImmediate(callback: Callback, ...values: unknown[]): Immediate {
  requireCallback(callback);
  return new Immediate(() => callback(...(values as never[])), 0, false);
}

export function clearTimeout(timer: unknown): void {
  if (timer === null || timer === undefined) return;
  machine.clearTimer(Number(timer));
}

export const clearInterval = clearTimeout;
export const clearImmediate = clearTimeout;
export { promises };

export default {
  setTimeout,
  setInterval,
  setImmediate,
  clearTimeout,
  clearInterval,
  clearImmediate,
  promises,
};
