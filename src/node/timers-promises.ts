/** node:timers/promises (Node 20). */
import { coded } from "./errors.ts";
import { machine } from "./machine.ts";

interface Options {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

function aborted(signal: AbortSignal): Error {
  const error = coded(Error, "ABORT_ERR", "The operation was aborted");
  error.name = "AbortError";
  error.cause = signal.reason;
  return error;
}

function wait<T>(delayMs: number, value: T, signal: AbortSignal | undefined): Promise<T> {
  if (signal?.aborted) return Promise.reject(aborted(signal));
  return new Promise((resolve, reject) => {
    const leave = () => {
      machine.clearTimer(timer);
      reject(aborted(signal!));
    };
    const timer = machine.setTimer(
      () => {
        signal?.removeEventListener("abort", leave);
        resolve(value);
      },
      delayMs,
      false,
    );
    signal?.addEventListener("abort", leave, { once: true });
  });
}

export function setTimeout<T>(delayMs = 1, value?: T, { signal }: Options = {}): Promise<T | undefined> {
  return wait(delayMs, value, signal);
}

export function setImmediate<T>(value?: T, { signal }: Options = {}): Promise<T | undefined> {
  return wait(0, value, signal);
}

export async function* setInterval<T>(
  delayMs = 1,
  value?: T,
  { signal }: Options = {},
): AsyncGenerator<T | undefined> {
  for (;;) yield await wait(delayMs, value, signal);
}

export const scheduler = {
  wait: (delayMs: number, options?: Options) => setTimeout(delayMs, undefined, options),
  yield: () => setImmediate(),
};

export default { setTimeout, setImmediate, setInterval, scheduler };
