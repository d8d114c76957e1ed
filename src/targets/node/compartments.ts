/**
 * The `compartment` imports of a hosted kernel: its compartments by number, each made when it is first begun.
 *
 * Wasm in V8 has no stack of its own to leave and come back to, so nothing is suspended here.
 */
import { AppEntry } from "../../abi/entry.ts";
import type { PlatformImports } from "../../abi/platform.ts";
import { MachineFault, type Compartment } from "./compartment.ts";
import { ProcessorTime } from "./processor-time.ts";

/** Nothing begins from a snapshot here: a start evaluates the whole program. */
const START_LIMIT_MS = 10_000;

export class Compartments {
  readonly #create: () => Compartment;
  readonly #all: (Compartment | undefined)[];
  /** Those that are entered, the innermost last. */
  readonly #running: Compartment[] = [];
  /** Of the outermost entry. */
  readonly #time = new ProcessorTime();
  #allowedMs = 0;
  readonly #limitMs: number;

  /** The first is there from the start. `limitMs`: of one entry's processor time. */
  constructor(count: number, limitMs: number, create: () => Compartment) {
    this.#create = create;
    this.#limitMs = limitMs;
    this.#all = Array.from({ length: count }, (_, number) => (number === 0 ? create() : undefined));
  }

  /** Of those that were begun. */
  get memories(): WebAssembly.Memory[] {
    return this.#all.flatMap((compartment) => (compartment === undefined ? [] : [compartment.memory]));
  }

  /** `memory`: the kernel's. */
  imports(memory: () => ArrayBufferLike): PlatformImports["compartment"] {
    const kernelBytes = (pointer: number, length: number) =>
      new Uint8Array(memory(), pointer >>> 0, length >>> 0);
    return {
      enter: (number, entry, a, b) => {
        const compartment = this.#existing(number);
        if (this.#running.length === 0) {
          this.#time.begin();
          this.#allowedMs =
            entry === AppEntry.Start ? Math.max(this.#limitMs, START_LIMIT_MS) : this.#limitMs;
        }
        this.#running.push(compartment);
        try {
          return compartment.enter(entry, a, b);
        } finally {
          this.#running.pop();
        }
      },
      restart: (number) => {
        if (!(number in this.#all)) throw new MachineFault(`the kernel restarted compartment ${number}`);
        const known = this.#all[number];
        if (known === undefined) this.#all[number] = this.#create();
        else known.restart();
      },
      isOverdue: () => (this.#time.passedMs() >= this.#allowedMs ? 1 : 0),
      copyIn: (pointer, appPointer, length) =>
        this.#caller().copyIn(kernelBytes(pointer, length), appPointer, length),
      copyOut: (appPointer, pointer, length) =>
        this.#caller().copyOut(appPointer, kernelBytes(pointer, length)),
      suspend: () => {
        throw new MachineFault(
          "the node platform cannot suspend a compartment: it needs a native stack of its own",
        );
      },
      resume: () => {
        throw new MachineFault("the node platform cannot resume a compartment: it suspends none");
      },
    };
  }

  #existing(number: number): Compartment {
    const compartment = this.#all[number];
    if (compartment === undefined) {
      throw new MachineFault(`the kernel entered compartment ${number}, which was not begun`);
    }
    return compartment;
  }

  #caller(): Compartment {
    const compartment = this.#running.at(-1);
    if (compartment === undefined) throw new MachineFault("the kernel copied outside of a service call");
    return compartment;
  }
}
