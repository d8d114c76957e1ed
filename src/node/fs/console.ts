/**
 * What of node:fs writes: descriptors 1 and 2, which are the machine's console, also by the names that Linux has for them.
 * Loggers print through these.
 */
import { Buffer } from "../buffer.ts";
import { invalidType } from "../errors.ts";
import { machine } from "../machine.ts";
import { failure } from "./tree.ts";

type Console = 1 | 2;

const NAMES: Readonly<Record<string, Console>> = { "/dev/stdout": 1, "/dev/stderr": 2 };

export const isConsole = (descriptor: unknown): descriptor is Console => descriptor === 1 || descriptor === 2;

/** The descriptor of a path that is the console's. */
export const consoleAt = (path: string): Console | undefined =>
  Object.hasOwn(NAMES, path) ? NAMES[path] : undefined;

interface Range {
  readonly offset?: number;
  readonly length?: number;
}

/** (descriptor, bytes, offset, length), or (descriptor, bytes, options), or (descriptor, text, anything, encoding). */
export function write(descriptor: unknown, data: unknown, at?: unknown, count?: unknown): number {
  if (!isConsole(descriptor)) throw failure("EBADF", "write");
  if (typeof data === "string") {
    const bytes = Buffer.from(data, typeof count === "string" ? (count as BufferEncoding) : "utf8");
    machine.write(descriptor, bytes);
    return bytes.length;
  }
  if (!ArrayBuffer.isView(data)) {
    throw invalidType("buffer", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
  const whole = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const { offset = 0, length = whole.length - offset } =
    typeof at === "object" && at !== null ? (at as Range) : rangeOf(at, count);
  const bytes = whole.subarray(offset, offset + length);
  machine.write(descriptor, bytes);
  return bytes.length;
}

function rangeOf(offset: unknown, length: unknown): Range {
  return {
    ...(typeof offset === "number" ? { offset } : {}),
    ...(typeof length === "number" ? { length } : {}),
  };
}

export function writev(descriptor: unknown, pieces: readonly unknown[]): number {
  return pieces.reduce<number>((sum, piece) => sum + write(descriptor, piece), 0);
}

/** Nothing waits here. */
export function fsync(descriptor: unknown): void {
  if (!isConsole(descriptor)) throw failure("EBADF", "fsync");
}
