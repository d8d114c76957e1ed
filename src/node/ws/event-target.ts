/** A WebSocket of `ws` as the Web has it: `addEventListener` and `onmessage`, whose events are of our own here. */
import type { Buffer } from "../buffer.ts";
import type { EventEmitter, Listener } from "../events.ts";

export type EventListener = ((event: object) => void) | { handleEvent(event: object): void };

interface Heard extends Listener {
  readonly heard?: unknown;
  readonly isHandler?: boolean;
}

const EVENTS: Readonly<Record<string, (...values: never[]) => object>> = {
  open: () => ({}),
  message: (data: Buffer, isBinary: boolean) => ({ data: isBinary ? data : data.toString() }),
  error: (error: Error) => ({ error, message: error.message }),
  close: (code: number, reason: Buffer) => ({
    code,
    reason: reason.toString(),
    wasClean: code !== 1006,
  }),
};

export function listen(
  target: EventEmitter,
  type: string,
  listener: EventListener,
  isOnce: boolean,
  isHandler = false,
): void {
  const eventOf = EVENTS[type] as ((...values: unknown[]) => object) | undefined;
  if (eventOf === undefined) return;
  const isKnown = target.listeners(type).some((one) => isOf(one, listener));
  if (isKnown && !isHandler) return;
  const heard: Heard = (...values) => {
    const event = { ...eventOf(...values), type, target, currentTarget: target };
    if (typeof listener === "function") listener.call(target as never, event);
    else listener.handleEvent(event);
  };
  Object.assign(heard, { heard: listener, isHandler });
  if (isOnce) target.once(type, heard);
  else target.on(type, heard);
}

const isOf = (one: Heard, listener: unknown) => one.heard === listener && one.isHandler !== true;

export function unlisten(target: EventEmitter, type: string, listener: unknown): void {
  const found = target.listeners(type).find((one) => isOf(one, listener));
  if (found !== undefined) target.removeListener(type, found);
}

/** The function of an `on...` attribute: given, or what it is. */
export function setHandler(target: EventEmitter, type: string, listener?: unknown): unknown {
  const before = target.listeners(type).find((one) => (one as Heard).isHandler) as Heard | undefined;
  if (arguments.length === 2) return before?.heard ?? null;
  if (before !== undefined) target.removeListener(type, before);
  if (typeof listener === "function") listen(target, type, listener as EventListener, false, true);
  return null;
}
