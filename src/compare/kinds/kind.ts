/** What every kind has in common: made ready once, started many times, looked at while it runs. */
import type { Door, KindName, Layer, Measure, Memory } from "../comparison.ts";

export interface Kind {
  readonly name: KindName;
  /** Makes what it is started from. Rejects with `NotHere` where it cannot be. */
  prepare(): Promise<Ready>;
}

export interface Ready {
  /** What is started, exactly. */
  readonly how: string;
  readonly shippedBytes: Measure;
  readonly caution?: string;
  /** Resolves when the server listens. */
  start(): Promise<Started>;
  /** Takes away what was made. */
  close(): void;
}

export interface Started {
  /** At 127.0.0.1. */
  readonly port: number;
  /** Once the first response has come. */
  observe(): Promise<Observed>;
  /** Ends it, and all that belongs to it. */
  stop(): Promise<void>;
}

export interface Observed {
  readonly layers: readonly Layer[];
  readonly memory: Memory;
}

export const START_LIMIT_MS = 20_000;

/** `listening PORT`, as `adapter/serve.mjs` says it. */
export const LISTENING = /^listening (\d+)\r?\n/m;

export function measured(value: number | undefined, how: string, whyNot: string): Measure {
  return value === undefined ? { value: null, why: whyNot } : { value, how };
}

export function door(what: string, count: Measure, more: Partial<Pick<Door, "names" | "note">> = {}): Door {
  return { what, count, ...more };
}
