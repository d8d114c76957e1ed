/**
 * The web streams, evaluated when an app first touches them: most handlers answer with text or bytes.
 *
 * Only types are imported here; the code is a part of the script of its own (`parts/streams.ts`).
 */
import type * as Streams from "web-streams-polyfill";
import { evaluatePart } from "./host.ts";
import { Part } from "./host-call.ts";
import { defineLazyGlobal } from "./globals.ts";

const NAMES = [
  "ReadableStream",
  "ReadableStreamDefaultReader",
  "ReadableStreamBYOBReader",
  "ReadableStreamDefaultController",
  "ReadableByteStreamController",
  "ReadableStreamBYOBRequest",
  "WritableStream",
  "WritableStreamDefaultWriter",
  "WritableStreamDefaultController",
  "TransformStream",
  "TransformStreamDefaultController",
  "ByteLengthQueuingStrategy",
  "CountQueuingStrategy",
] as const;

let evaluated: typeof Streams | undefined;

export function streams(): typeof Streams {
  return (evaluated ??= evaluatePart(Part.Streams) as typeof Streams);
}

export function isReadableStream(value: unknown): value is Streams.ReadableStream {
  return evaluated !== undefined && value instanceof evaluated.ReadableStream;
}

/** Whether anybody has read from a stream, or cancelled it. */
export function isDisturbed(stream: Streams.ReadableStream): boolean {
  return (stream as unknown as { readonly _disturbed: boolean })._disturbed;
}

export function defineStreams(): void {
  for (const name of NAMES) defineLazyGlobal(name, () => streams()[name]);
}
