/**
 * The context in which code runs, and how it goes on with what runs later (`async-hooks.ts`).
 *
 * Owns:   the present context, and from the first storage on `then`, the timers and `queueMicrotask`.
 */

/** What each storage holds; never changed, only replaced. */
export type Context = ReadonlyMap<object, unknown>;
export type Any = (this: unknown, ...values: never[]) => unknown;

const OUTSIDE: Context = new Map();
const { then } = Promise.prototype;
let current = OUTSIDE;
let depth = 0;
let isCarrying = false;

export const now = (): Context => current;

export function runIn<T>(context: Context, work: () => T): T {
  const before = current;
  current = context;
  depth++;
  try {
    return work();
  } finally {
    depth--;
    current = before;
  }
}

/** For the rest of what runs now; what the kernel calls next is outside again. */
export function enter(context: Context): void {
  current = context;
  if (depth === 0) void then.call(Promise.resolve(), () => (current = OUTSIDE));
}

/** The callback in today's context. */
export function keep<F>(callback: F): F {
  if (typeof callback !== "function" || !isCarrying) return callback;
  const context = current;
  const kept = function (this: unknown, ...values: never[]): unknown {
    return runIn(context, () => (callback as unknown as Any).apply(this, values));
  };
  return kept as F;
}

/** From the first storage on: an app that has none pays nothing. */
export function carry(): void {
  if (isCarrying) return;
  isCarrying = true;
  Object.defineProperty(Promise.prototype, "then", {
    writable: true,
    configurable: true,
    value: function (this: Promise<unknown>, fulfilled?: Any | null, rejected?: Any | null) {
      return then.call(this, keep(fulfilled) as never, keep(rejected) as never);
    },
  });
  const scope = globalThis as unknown as Record<string, Any>;
  for (const name of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]) {
    const set = scope[name]!;
    const carrying = function (this: unknown, callback: unknown, ...values: never[]): unknown {
      return set.call(this, keep(callback) as never, ...values);
    };
    Object.defineProperty(carrying, "name", { value: name });
    Object.defineProperty(globalThis, name, { value: carrying, writable: true, configurable: true });
  }
}
