/** Waiting for events: `once` as a promise, `on` as an iterator. For emitters, and for the Web's targets. */
import type { EventEmitter, Listener, Name } from "./events.ts";
import { coded, invalidType } from "./errors.ts";

interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly close?: readonly Name[];
}

type Source = EventEmitter | EventTarget;

const isEmitter = (source: Source): source is EventEmitter =>
  typeof (source as EventEmitter).on === "function";

function requireSource(source: Source): void {
  if (isEmitter(source) || typeof source?.addEventListener === "function") return;
  throw invalidType("emitter", ["EventEmitter", "EventTarget"], source);
}

function listen(source: Source, name: Name, listener: Listener): void {
  if (isEmitter(source)) source.on(name, listener);
  else source.addEventListener(name as string, listener);
}

function unlisten(source: Source, name: Name, listener: Listener): void {
  if (isEmitter(source)) source.removeListener(name, listener);
  else source.removeEventListener(name as string, listener);
}

function aborted(signal: AbortSignal): Error {
  const error = coded(Error, "ABORT_ERR", "The operation was aborted");
  error.name = "AbortError";
  error.cause = signal.reason;
  return error;
}

/** The arguments of the event's next time. */
export async function once(source: Source, name: Name, options: WaitOptions = {}): Promise<unknown[]> {
  const { signal } = options;
  if (signal?.aborted) throw aborted(signal);
  requireSource(source);
  return new Promise((resolve, reject) => {
    const stop = () => {
      unlisten(source, name, arrived);
      unlisten(source, "error", failed);
      signal?.removeEventListener("abort", leave);
    };
    const arrived = (...values: unknown[]) => (stop(), resolve(values));
    const failed = (error: unknown) => (stop(), reject(error as Error));
    const leave = () => (stop(), reject(aborted(signal!)));
    listen(source, name, arrived);
    if (name !== "error" && isEmitter(source)) source.on("error", failed);
    signal?.addEventListener("abort", leave, { once: true });
  });
}

/** Every event from now on, its arguments as an array. */
export function on(source: Source, name: Name, options: WaitOptions = {}): AsyncIterableIterator<unknown[]> {
  const { signal, close = [] } = options;
  if (signal?.aborted) throw aborted(signal);
  requireSource(source);
  const arrived: unknown[][] = [];
  const waiting: { resolve: (value: IteratorResult<unknown[]>) => void; reject: (why: unknown) => void }[] =
    [];
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;
  const done = { done: true, value: undefined } as const;

  const take = (...values: unknown[]) => {
    const first = waiting.shift();
    if (first === undefined) arrived.push(values);
    else first.resolve({ done: false, value: values });
  };
  const fail = (error: unknown) => {
    const first = waiting.shift();
    if (first === undefined) failure = { error };
    else first.reject(error);
    stop();
  };
  const leave = () => fail(aborted(signal!));
  const stop = () => {
    isOver = true;
    unlisten(source, name, take);
    if (isEmitter(source) && name !== "error") source.removeListener("error", fail);
    for (const one of close) unlisten(source, one, stop);
    signal?.removeEventListener("abort", leave);
    for (const one of waiting.splice(0)) one.resolve(done);
  };
  listen(source, name, take);
  if (isEmitter(source) && name !== "error") source.on("error", fail);
  for (const one of close) listen(source, one, stop);
  signal?.addEventListener("abort", leave, { once: true });

  return {
    next() {
      const first = arrived.shift();
      if (first !== undefined) return Promise.resolve({ done: false, value: first });
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error as Error);
      }
      if (isOver) return Promise.resolve(done);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return() {
      stop();
      return Promise.resolve(done);
    },
    throw(error: unknown) {
      fail(error);
      return Promise.resolve(done);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
