/** AbortController and AbortSignal (DOM Standard, section 3). */
import { DOMException } from "./dom-exception.ts";
import { Event, EventTarget } from "./event.ts";
import { nameClass } from "./globals.ts";
import { setTimer } from "./timers.ts";

/** Only this file makes signals. */
const OWN = Symbol("own");

export class AbortSignal extends EventTarget {
  onabort: ((event: Event) => unknown) | null = null;
  #isAborted = false;
  #reason: unknown;

  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("An AbortSignal comes from an AbortController");
    super();
  }

  static make(): AbortSignal {
    return new AbortSignal(OWN);
  }

  static trigger(signal: AbortSignal, reason: unknown): void {
    if (signal.#isAborted) return;
    signal.#isAborted = true;
    signal.#reason =
      reason === undefined ? new DOMException("The operation was aborted", "AbortError") : reason;
    signal.dispatchEvent(new Event("abort"));
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = AbortSignal.make();
    AbortSignal.trigger(signal, reason);
    return signal;
  }

  static timeout(ms: number): AbortSignal {
    const signal = AbortSignal.make();
    const why = new DOMException("The operation took too long", "TimeoutError");
    setTimer(() => AbortSignal.trigger(signal, why), ms, false);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals];
    const aborted = all.find((one) => one.aborted);
    if (aborted !== undefined) return AbortSignal.abort(aborted.reason);
    const result = AbortSignal.make();
    for (const one of all) one.addEventListener("abort", () => AbortSignal.trigger(result, one.reason));
    return result;
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }
}
nameClass(AbortSignal, "AbortSignal");
for (const name of ["make", "trigger"]) Object.defineProperty(AbortSignal, name, { enumerable: false });

export class AbortController {
  readonly #signal = AbortSignal.make();

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    AbortSignal.trigger(this.#signal, reason);
  }
}
nameClass(AbortController, "AbortController");
