/** Where bytes occur in bytes: `indexOf`, `lastIndexOf`, `includes` and `compare`. */
import { encodingOf, type Encoding } from "./buffer-encodings.ts";
import { invalidType, unknownEncoding } from "./errors.ts";

export function requireEncoding(name: unknown): Encoding {
  const encoding = encodingOf(name);
  if (encoding === undefined) throw unknownEncoding(name);
  return encoding;
}

/** Below, equal, above: -1, 0, 1. */
export function compareBytes(first: Uint8Array, second: Uint8Array): number {
  const common = Math.min(first.length, second.length);
  for (let index = 0; index < common; index++) {
    const difference = first[index]! - second[index]!;
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(first.length - second.length);
}

function isAt(bytes: Uint8Array, sought: Uint8Array, at: number): boolean {
  for (let index = 1; index < sought.length; index++) if (bytes[at + index] !== sought[index]) return false;
  return true;
}

/** `step` is 1 for the first place at or behind `from`, -1 for the last at or before it. */
function findBytes(bytes: Uint8Array, sought: Uint8Array, from: number, step: 1 | -1): number {
  const last = bytes.length - sought.length;
  let at = step > 0 ? from : Math.min(from, last);
  for (; at >= 0 && at <= last; at += step) {
    at = step > 0 ? bytes.indexOf(sought[0]!, at) : bytes.lastIndexOf(sought[0]!, at);
    if (at < 0 || at > last) return -1;
    if (isAt(bytes, sought, at)) return at;
  }
  return -1;
}

/** As `Buffer.prototype.indexOf`, or with -1 `lastIndexOf`. */
export function search(
  bytes: Uint8Array,
  value: unknown,
  offset: unknown,
  encoding: unknown,
  step: 1 | -1,
): number {
  if (typeof offset === "string") return search(bytes, value, undefined, offset, step);
  let from = Math.trunc(Number(offset));
  if (Number.isNaN(from)) from = step > 0 ? 0 : bytes.length;
  if (from < 0) from += bytes.length;
  if (from < 0) {
    if (step < 0) return -1;
    from = 0;
  }
  if (typeof value === "number") {
    if (from >= bytes.length && step > 0) return -1;
    return step > 0 ? bytes.indexOf(value & 255, from) : bytes.lastIndexOf(value & 255, from);
  }
  const isText = typeof value === "string";
  if (!isText && !(value instanceof Uint8Array))
    throw invalidType("value", ["number", "string", "Buffer", "Uint8Array"], value);
  const { name, encode } = isText ? requireEncoding(encoding) : { name: "", encode: undefined };
  const sought = isText ? encode!(value) : value;
  if (sought.length === 0) return Math.min(from, bytes.length);
  const found = findBytes(bytes, sought, from, step);
  // Text of two bytes a character begins at an even place.
  if (name !== "utf16le" || found < 0 || found % 2 === 0) return found;
  return search(bytes, sought, found + step, undefined, step);
}
