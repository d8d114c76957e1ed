/** node:diagnostics_channel (Node 20): named channels whose subscribers are called at once. */
import { invalidType, requireFunction } from "./errors.ts";
import { machine } from "./machine.ts";
import { TracingChannel } from "./tracing-channel.ts";

type Subscriber = (message: unknown, name: string | symbol) => void;
/** An AsyncLocalStorage. */
interface Store {
  run<Result>(value: unknown, work: () => Result): Result;
}
type Transform = ((message: unknown) => unknown) | undefined;

const channels = new Map<string | symbol, Channel>();

export class Channel {
  readonly name: string | symbol;
  #subscribers: readonly Subscriber[] = [];
  readonly #stores = new Map<Store, Transform>();

  constructor(name: string | symbol) {
    this.name = name;
  }

  get hasSubscribers(): boolean {
    return this.#subscribers.length + this.#stores.size > 0;
  }

  subscribe(subscriber: Subscriber): void {
    requireFunction(subscriber, "subscription");
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  unsubscribe(subscriber: Subscriber): boolean {
    const at = this.#subscribers.indexOf(subscriber);
    if (at >= 0) this.#subscribers = this.#subscribers.toSpliced(at, 1);
    return at >= 0;
  }

  publish(message: unknown): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(message, this.name);
      } catch (error) {
        machine.reportError(error);
      }
    }
  }

  bindStore(store: Store, transform?: Transform): void {
    this.#stores.set(store, transform);
  }

  unbindStore(store: Store): boolean {
    return this.#stores.delete(store);
  }

  /** Publishes the message and does the work, both with what each bound store makes of the message. */
  runStores<Result>(
    message: unknown,
    work: (...given: unknown[]) => Result,
    self?: unknown,
    ...given: unknown[]
  ): Result {
    let run = () => {
      this.publish(message);
      return Reflect.apply(work, self, given) as Result;
    };
    for (const [store, transform] of this.#stores) run = within(store, transform, message, run);
    return run();
  }
}

function within<Result>(store: Store, transform: Transform, message: unknown, run: () => Result) {
  return () => {
    let value = message;
    try {
      if (transform !== undefined) value = transform(message);
    } catch (error) {
      machine.reportError(error);
      return run();
    }
    return store.run(value, run);
  };
}

export function channel(name: string | symbol): Channel {
  if (typeof name !== "string" && typeof name !== "symbol")
    throw invalidType("channel", ["string", "symbol"], name);
  let found = channels.get(name);
  if (found === undefined) channels.set(name, (found = new Channel(name)));
  return found;
}

export const hasSubscribers = (name: string | symbol): boolean => channels.get(name)?.hasSubscribers ?? false;
export const subscribe = (name: string | symbol, subscriber: Subscriber): void =>
  channel(name).subscribe(subscriber);
export const unsubscribe = (name: string | symbol, subscriber: Subscriber): boolean =>
  channel(name).unsubscribe(subscriber);

export const tracingChannel = (nameOrChannels: unknown) => new TracingChannel(nameOrChannels, channel);

export default { Channel, channel, hasSubscribers, subscribe, tracingChannel, unsubscribe };
