/** AbortController and AbortSignal (DOM Standard, section 3). */
import { DOMException } from "./dom-exception.ts";
import { Event, EventTarget, fire, handlerOf, setHandler, setWhenAborted, type Listener } from "./event.ts";
import { nameClass, requireArguments } from "./globals.ts";
import { setTimer } from "./timers.ts";

/** Only this file makes signals. */
const OWN = Symbol("own");

/** A signal that aborts when one of these does. */
export let dependentSignal: (sources: Iterable<AbortSignal>) => AbortSignal;
/** Calls back when the signal aborts, before its listeners; gives the way to take that back. */
export let onAbort: (signal: AbortSignal, callback: () => void) => () => void;
let makeSignal: () => AbortSignal;
let abortSignal: (signal: AbortSignal, reason: unknown) => void;

export class AbortSignal extends EventTarget {
  #isAborted = false;
  #reason: unknown;
  /** What to do when it aborts, in order. */
  readonly #callbacks = new Set<() => void>();
  /** Signals that follow this one, none of which follows another that follows this one. */
  readonly #dependents = new Set<AbortSignal>();
  /** The signals that this one follows; none of them follows another. */
  #sources: readonly AbortSignal[] | undefined;

  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("Illegal constructor: an AbortSignal comes from an AbortController");
    super();
  }

  static {
    makeSignal = () => new AbortSignal(OWN);
    abortSignal = (signal, reason) => signal.#abort(reason);
    dependentSignal = (sources) => AbortSignal.#dependOn(sources);
    onAbort = (signal, callback) => {
      signal.#callbacks.add(callback);
      return () => void signal.#callbacks.delete(callback);
    };
  }

  static #dependOn(sources: Iterable<AbortSignal>): AbortSignal {
    const result = makeSignal();
    const all = [...sources];
    for (const source of all) {
      if (!(source instanceof AbortSignal)) throw new TypeError("AbortSignal.any takes AbortSignals");
    }
    const aborted = all.find((one) => one.#isAborted);
    if (aborted !== undefined) {
      result.#isAborted = true;
      result.#reason = aborted.#reason;
      return result;
    }
    const roots = new Set(all.flatMap((one) => one.#sources ?? [one]));
    result.#sources = [...roots];
    for (const root of roots) root.#dependents.add(result);
    return result;
  }

  #abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#mark(reason === undefined ? new DOMException("The operation was aborted", "AbortError") : reason);
    const following = [...this.#dependents].filter((one) => !one.#isAborted);
    this.#dependents.clear();
    for (const one of following) {
      one.#mark(this.#reason);
      for (const source of one.#sources!) source.#dependents.delete(one);
    }
    this.#tell();
    for (const one of following) one.#tell();
  }

  #mark(reason: unknown): void {
    this.#isAborted = true;
    this.#reason = reason;
  }

  #tell(): void {
    for (const callback of this.#callbacks) callback();
    this.#callbacks.clear();
    fire(this, new Event("abort"));
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = makeSignal();
    signal.#mark(reason === undefined ? new DOMException("The operation was aborted", "AbortError") : reason);
    return signal;
  }

  static timeout(ms: number): AbortSignal {
    requireArguments(arguments, 1, "AbortSignal.timeout");
    const limit = Number(ms);
    if (!(limit >= 0 && limit <= Number.MAX_SAFE_INTEGER))
      throw new TypeError("AbortSignal.timeout takes milliseconds from 0");
    const signal = makeSignal();
    const why = new DOMException("The operation took too long", "TimeoutError");
    setTimer(() => abortSignal(signal, why), limit, false);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    requireArguments(arguments, 1, "AbortSignal.any");
    return dependentSignal(signals);
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

  get onabort(): Listener | null {
    return handlerOf(this, "abort");
  }

  set onabort(value: Listener | null) {
    setHandler(this, "abort", value);
  }
}
nameClass(AbortSignal, "AbortSignal");
Object.defineProperty(AbortSignal, "length", { value: 0 });
setWhenAborted((signal, callback) => {
  if (!(signal instanceof AbortSignal)) throw new TypeError("A listener's signal must be an AbortSignal");
  onAbort(signal, callback);
});

export class AbortController {
  readonly #signal = makeSignal();

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason);
  }
}
nameClass(AbortController, "AbortController");
Object.defineProperty(AbortController.prototype.abort, "length", { value: 0 });
