/** The TracingChannel of node:diagnostics_channel (Node 20): the five channels of one operation, and calls that tell them. */
import { invalidType, requireFunction } from "./errors.ts";
import type { Channel } from "./diagnostics-channel.ts";

/** In the order in which an operation tells them. */
const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
type Event = (typeof EVENTS)[number];
type Handlers = Partial<Record<Event, (message: unknown, name: string | symbol) => void>>;
/** What all of them are told: the caller's object, to which the result is added. */
type Context = { result?: unknown; error?: unknown } & object;
type Traced = (...given: unknown[]) => unknown;

export class TracingChannel {
  declare readonly start: Channel;
  declare readonly end: Channel;
  declare readonly asyncStart: Channel;
  declare readonly asyncEnd: Channel;
  declare readonly error: Channel;

  constructor(given: unknown, channel: (name: string) => Channel) {
    const named = given as Record<Event, Channel>;
    if (typeof given !== "string" && (typeof given !== "object" || given === null))
      throw invalidType("nameOrChannels", ["string", "TracingChannel", "Object"], given);
    for (const event of EVENTS) {
      const value = typeof given === "string" ? channel(`tracing:${given}:${event}`) : named[event];
      Object.defineProperty(this, event, { value });
    }
  }

  get hasSubscribers(): boolean {
    return EVENTS.some((event) => this[event].hasSubscribers);
  }

  subscribe(handlers: Handlers): void {
    for (const event of EVENTS) if (handlers[event]) this[event].subscribe(handlers[event]);
  }

  /** Whether each of them was there. */
  unsubscribe(handlers: Handlers): boolean {
    return (
      EVENTS.filter((event) => handlers[event] && !this[event].unsubscribe(handlers[event])).length === 0
    );
  }

  traceSync(work: Traced, context: Context = {}, self?: unknown, ...given: unknown[]): unknown {
    if (!this.hasSubscribers) return Reflect.apply(work, self, given);
    return this.#during(context, () => (context.result = Reflect.apply(work, self, given)));
  }

  tracePromise(work: Traced, context: Context = {}, self?: unknown, ...given: unknown[]): unknown {
    if (!this.hasSubscribers) return Reflect.apply(work, self, given);
    const settled = () => {
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
    };
    return this.#during(context, () =>
      Promise.resolve(Reflect.apply(work, self, given)).then(
        (result) => {
          context.result = result;
          settled();
          return result;
        },
        (error: unknown) => {
          this.#fail(context, error);
          settled();
          throw error;
        },
      ),
    );
  }

  /** `position` is the callback's among the arguments. */
  traceCallback(
    work: Traced,
    position = -1,
    context: Context = {},
    self?: unknown,
    ...given: unknown[]
  ): unknown {
    if (!this.hasSubscribers) return Reflect.apply(work, self, given);
    const callback = given.at(position);
    requireFunction(callback, "callback");
    const finish = (caller: unknown, results: unknown[]) => {
      if (results[0]) this.#fail(context, results[0]);
      else context.result = results[1];
      this.asyncStart.runStores(context, () => {
        try {
          Reflect.apply(callback as Traced, caller, results);
        } finally {
          this.asyncEnd.publish(context);
        }
      });
    };
    const told = given.with(position, function (this: unknown, ...results: unknown[]) {
      finish(this, results);
    });
    return this.#during(context, () => Reflect.apply(work, self, told));
  }

  #during<Result>(context: Context, work: () => Result): Result {
    return this.start.runStores(context, () => {
      try {
        return work();
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  #fail(context: Context, error: unknown): void {
    context.error = error;
    this.error.publish(context);
  }
}
