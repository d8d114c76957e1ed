/**
 * Iteration over pairs as Web IDL has it (section 3.7.9): an iterator looks at the pairs as they stand at each step, by
 * position, so that changes on the way are seen.
 */
import { requireArguments } from "./globals.ts";

type Pair = readonly [name: unknown, value: unknown];
type Kind = "entries" | "keys" | "values";

const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;

/** Gives a class entries, keys, values, forEach and an iterator. `pairsOf` throws for what is no instance. */
export function definePairs<T extends object>(
  { prototype }: { readonly prototype: T },
  name: string,
  pairsOf: (self: T) => readonly Pair[],
): void {
  const Iterator = iteratorClass(name, pairsOf);
  const methods: Record<string, unknown> = {
    entries: methodOf("entries"),
    keys: methodOf("keys"),
    values: methodOf("values"),
    forEach(this: T, callback: (value: unknown, name: unknown, self: T) => void, self?: unknown): void {
      pairsOf(this);
      requireArguments(arguments, 1, "forEach");
      if (typeof callback !== "function") throw new TypeError("forEach takes a function");
      for (let index = 0; index < pairsOf(this).length; index++) {
        const [key, value] = pairsOf(this)[index]!;
        callback.call(self, value, key, this);
      }
    },
  };
  function methodOf(kind: Kind): unknown {
    const holder = {
      [kind](this: T): unknown {
        pairsOf(this);
        return new Iterator(this, kind);
      },
    };
    return holder[kind];
  }
  for (const key of Object.keys(methods)) {
    Object.defineProperty(prototype, key, { value: methods[key], writable: true, configurable: true });
  }
  Object.defineProperty(methods["forEach"], "length", { value: 1 });
  Object.defineProperty(prototype, Symbol.iterator, {
    value: methods["entries"],
    writable: true,
    configurable: true,
  });
}

function iteratorClass<T extends object>(
  name: string,
  pairsOf: (self: T) => readonly Pair[],
): new (target: T, kind: Kind) => object {
  class PairIterator {
    readonly #target: T;
    readonly #kind: Kind;
    #index = 0;

    constructor(target: T, kind: Kind) {
      this.#target = target;
      this.#kind = kind;
    }

    next(): IteratorResult<unknown> {
      const pair = pairsOf(this.#target)[this.#index];
      if (pair === undefined) return { value: undefined, done: true };
      this.#index++;
      const value = this.#kind === "entries" ? [...pair] : pair[this.#kind === "keys" ? 0 : 1];
      return { value, done: false };
    }
  }
  const { prototype } = PairIterator as { prototype: { constructor?: unknown } };
  delete prototype.constructor;
  Object.setPrototypeOf(prototype, IteratorPrototype);
  Object.defineProperty(prototype, "next", { enumerable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });
  return PairIterator;
}
