/**
 * The global object as an event target, and what becomes of errors that nobody caught (HTML Standard, 8.1.4.6):
 * an `error` event first, and unless a listener cancels it, the console.
 */
import {
  dispatchTo,
  listen,
  trust,
  unlisten,
  type Event,
  type Listener,
  type ListenerOptions,
} from "./event.ts";
import { framesOf } from "./engine-errors.ts";
import { ErrorEvent } from "./events.ts";
import { defineScope, requireArguments } from "./globals.ts";
import { Listeners } from "./listeners.ts";
import { setErrorListener } from "./report.ts";

const listeners = new Listeners<Event>();
const HANDLERS = ["error", "unhandledrejection", "rejectionhandled"];

/** Whether anybody would hear such an event. */
export function hasListener(type: string): boolean {
  return listeners.has(type);
}

/** Sends one of the runtime's own events; false where it was cancelled. */
export function fireGlobal(event: Event): boolean {
  return dispatchTo(globalThis, listeners, trust(event));
}

function tellError(error: unknown): boolean {
  if (!listeners.has("error")) return true;
  const isError = error instanceof Error;
  const place = isError ? /\(?([^\s()]+):(\d+)(?::(\d+))?\)?\s*$/m.exec(framesOf(error)) : null;
  return fireGlobal(
    new ErrorEvent("error", {
      cancelable: true,
      message: isError ? `Uncaught ${error.name}: ${error.message}` : `Uncaught ${String(error)}`,
      filename: place?.[1] ?? "",
      lineno: Number(place?.[2] ?? 0),
      colno: Number(place?.[3] ?? 0),
      error,
    }),
  );
}

export function defineGlobalScope(): void {
  setErrorListener(tellError);
  const scope = {
    addEventListener(type: string, callback: Listener | null, options?: ListenerOptions | boolean) {
      requireArguments(arguments, 2, "addEventListener");
      listen(listeners, String(type), callback, options);
    },
    removeEventListener(type: string, callback: Listener | null, options?: ListenerOptions | boolean) {
      requireArguments(arguments, 2, "removeEventListener");
      unlisten(listeners, String(type), callback, options);
    },
    dispatchEvent(event: Event): boolean {
      requireArguments(arguments, 1, "dispatchEvent");
      return dispatchTo(globalThis, listeners, event);
    },
  };
  defineScope(scope);
  for (const type of HANDLERS) {
    Object.defineProperty(globalThis, `on${type}`, {
      configurable: true,
      enumerable: true,
      get: () => listeners.handler(type),
      set: (value: unknown) => listeners.setHandler(type, value),
    });
  }
}
