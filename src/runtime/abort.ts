/** AbortController and AbortSignal (DOM Standard, section 3). */
import { DOMException } from "./dom-exception.ts";
import { Event, EventTarget } from "./event.ts";
import { nameClass } from "./globals.ts";
import { setTimer } from "./timers.ts";

/** Only this file makes signals. */
const OWN = Symbol("own");

let makeSignal: () => AbortSignal;
let triggerSignal: (signal: AbortSignal, reason: unknown) => void;

export class AbortSignal extends EventTarget {
  onabort: ((event: Event) => unknown) | null = null;
  #isAborted = false;
  #reason: unknown;

  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("An AbortSignal comes from an AbortController");
    super();
  }

  static {
    makeSignal = () => new AbortSignal(OWN);
    triggerSignal = (signal, reason) => signal.#trigger(reason);
  }

  #trigger(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason =
      reason === undefined ? new DOMException("The operation was aborted", "AbortError") : reason;
    this.dispatchEvent(new Event("abort"));
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = makeSignal();
    triggerSignal(signal, reason);
    return signal;
  }

  static timeout(ms: number): AbortSignal {
    const signal = makeSignal();
    const why = new DOMException("The operation took too long", "TimeoutError");
    setTimer(() => triggerSignal(signal, why), ms, false);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals];
    const aborted = all.find((one) => one.aborted);
    if (aborted !== undefined) return AbortSignal.abort(aborted.reason);
    const result = makeSignal();
    for (const one of all) one.addEventListener("abort", () => triggerSignal(result, one.reason));
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

export class AbortController {
  readonly #signal = makeSignal();

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    triggerSignal(this.#signal, reason);
  }
}
nameClass(AbortController, "AbortController");
