/**
 * node:async_hooks (Node 20): AsyncLocalStorage and AsyncResource.
 *
 * What runs later runs in the context in which it was asked for: `then`, timers, `queueMicrotask` and `nextTick` carry it.
 * The engine's own `await` goes past `then`, so a bundle that names AsyncLocalStorage has its async functions lowered to
 * generators (`src/image/bundle.ts`), whose every step is a `then`.
 *
 * Tests:  async-hooks.test.ts, beside Node's own
 */
import { carry, enter, keep, now, runIn, type Any } from "./async-context.ts";
import { requireFunction } from "./errors.ts";

export class AsyncLocalStorage<T = unknown> {
  constructor() {
    carry();
  }

  getStore(): T | undefined {
    return now().get(this) as T | undefined;
  }

  run<R>(store: T, work: (...values: never[]) => R, ...values: never[]): R {
    return runIn(new Map(now()).set(this, store), () => work(...values));
  }

  exit<R>(work: (...values: never[]) => R, ...values: never[]): R {
    const context = new Map(now());
    context.delete(this);
    return runIn(context, () => work(...values));
  }

  enterWith(store: T): void {
    enter(new Map(now()).set(this, store));
  }

  disable(): void {
    const context = new Map(now());
    context.delete(this);
    enter(context);
  }

  static bind<F extends Any>(work: F): F {
    return keep(work);
  }

  static snapshot(): (work: Any, ...values: never[]) => unknown {
    const context = now();
    return (work, ...values) => runIn(context, () => work(...values));
  }
}

export class AsyncResource {
  readonly type: string;
  readonly #context = now();

  constructor(type: string) {
    this.type = type;
  }

  runInAsyncScope(work: Any, self?: unknown, ...values: never[]): unknown {
    return runIn(this.#context, () => work.apply(self, values));
  }

  bind<F extends Any>(work: F, self?: unknown): F {
    requireFunction(work, "fn");
    const run = (...values: never[]) => this.runInAsyncScope(work, self, ...values);
    return run as unknown as F;
  }

  static bind<F extends Any>(work: F, type = "bound-anonymous-fn", self?: unknown): F {
    return new AsyncResource(type).bind(work, self);
  }

  emitDestroy(): this {
    return this;
  }

  asyncId(): number {
    return 0;
  }

  triggerAsyncId(): number {
    return 0;
  }
}

/** There are no hooks to call: nobody hears. */
export const createHook = () => ({ enable: () => undefined, disable: () => undefined });
export const executionAsyncId = (): number => 0;
export const triggerAsyncId = (): number => 0;
export const executionAsyncResource = (): object => ({});

export default {
  AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
};
