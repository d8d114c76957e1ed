/** node:diagnostics_channel (Node 20): named channels whose subscribers are called at once. */
import { invalidType, requireFunction } from "./errors.ts";
import { machine } from "./machine.ts";

type Subscriber = (message: unknown, name: string | symbol) => void;

const channels = new Map<string | symbol, Channel>();

export class Channel {
  readonly name: string | symbol;
  #subscribers: readonly Subscriber[] = [];

  constructor(name: string | symbol) {
    this.name = name;
  }

  get hasSubscribers(): boolean {
    return this.#subscribers.length > 0;
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

export default { Channel, channel, hasSubscribers, subscribe, unsubscribe };
