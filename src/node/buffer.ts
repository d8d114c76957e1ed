/**
 * node:buffer (Node 20): Buffer is a Uint8Array whose methods know encodings, numbers and places.
 *
 * Written here and not taken from the package `buffer`, which lacks `base64url` and codes UTF-8 byte by byte: in an
 * interpreter that costs a hundred times what the face's Wasm does.
 *
 * Tests:  buffer.test.ts, beside Node's own
 */
import { BufferBytes, INSPECT_MAX_BYTES, kMaxLength, requireIndex } from "./buffer-bytes.ts";
import { encodingOf, UTF8 } from "./buffer-encodings.ts";
import { defineNumbers } from "./buffer-numbers.ts";
import { compareBytes, requireEncoding } from "./buffer-search.ts";
import { coded, invalidType, outOfRange, unknownEncoding } from "./errors.ts";

export const kStringMaxLength = 2 ** 29 - 24;
export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength };

export type Buffer = BufferBytes;

type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/** `Buffer` as a function with static members, as apps see it. */
interface BufferFunction {
  (value: unknown, encoding?: unknown, length?: unknown): Buffer;
  new (value: unknown, encoding?: unknown, length?: unknown): Buffer;
  prototype: Buffer;
  poolSize: number;
  from(value: unknown, encoding?: unknown, length?: unknown): Buffer;
  of(...values: number[]): Buffer;
  alloc(size: number, fill?: unknown, encoding?: unknown): Buffer;
  allocUnsafe(size: number): Buffer;
  allocUnsafeSlow(size: number): Buffer;
  isBuffer(value: unknown): value is Buffer;
  isEncoding(name: unknown): boolean;
  byteLength(value: unknown, encoding?: unknown): number;
  concat(list: readonly Uint8Array[], length?: number): Buffer;
  compare(first: Uint8Array, second: Uint8Array): number;
  copyBytesFrom(view: ArrayBufferView, offset?: number, length?: number): Buffer;
}

/** A buffer of new bytes. */
function wrap(bytes: Uint8Array): Buffer {
  return new BufferBytes(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
}

function isAnyBuffer(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

function from(value: unknown, encoding?: unknown, length?: unknown): Buffer {
  if (typeof value === "string") {
    const coding = encodingOf(encoding);
    if (coding === undefined) throw unknownEncoding(encoding);
    return wrap(coding.encode(value));
  }
  if (typeof value === "object" && value !== null) {
    if (isAnyBuffer(value)) return fromArrayBuffer(value, encoding, length);
    const primitive: unknown = (value as object).valueOf();
    if (primitive !== value && primitive != null) return from(primitive, encoding, length);
    const made = fromObject(value);
    if (made !== undefined) return made;
    const convert = (value as { [Symbol.toPrimitive]?: (hint: string) => unknown })[Symbol.toPrimitive];
    if (typeof convert === "function") return from(convert.call(value, "string"), encoding);
  }
  throw fromError(value);
}

function fromError(value: unknown): Error {
  const error = invalidType("first argument", [], value);
  error.message = error.message.replace(
    /must be .*?\. Received/,
    "must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received",
  );
  return error;
}

function fromArrayBuffer(buffer: ArrayBuffer, offset: unknown, length: unknown): Buffer {
  const from = Math.trunc(Number(offset)) || 0;
  const most = buffer.byteLength - from;
  if (most < 0) throw coded(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
  if (length === undefined) return new BufferBytes(buffer, from, most);
  const count = Math.max(0, Math.trunc(Number(length)) || 0);
  if (count > most)
    throw coded(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
  return new BufferBytes(buffer, from, count);
}

function fromObject(value: object): Buffer | undefined {
  const { length, type, data } = value as { length?: unknown; type?: unknown; data?: unknown };
  if (length !== undefined || ArrayBuffer.isView(value)) {
    if (typeof length !== "number" || Number.isNaN(length)) return wrap(new Uint8Array(0));
    return wrap(Uint8Array.from(value as ArrayLike<number>));
  }
  if (type === "Buffer" && Array.isArray(data)) return wrap(Uint8Array.from(data as number[]));
  return undefined;
}

function requireSize(size: unknown): asserts size is number {
  if (typeof size !== "number") throw invalidType("size", "number", size);
  if (!(size >= 0 && size <= kMaxLength)) throw outOfRange("size", `>= 0 && <= ${kMaxLength}`, size);
}

function allocUnsafe(size: number): Buffer {
  requireSize(size);
  return new BufferBytes(size);
}

function byteLength(value: unknown, encoding?: unknown): number {
  if (typeof value === "string") return (encodingOf(encoding) ?? UTF8).byteLength(value);
  if (ArrayBuffer.isView(value) || isAnyBuffer(value)) return (value as Bytes).byteLength;
  throw invalidType("string", ["string", "Buffer", "ArrayBuffer"], value);
}

function concat(list: readonly Uint8Array[], length?: number): Buffer {
  if (!Array.isArray(list)) throw invalidType("list", "Array", list);
  for (const [index, one] of list.entries())
    if (!(one instanceof Uint8Array)) throw invalidType(`list[${index}]`, ["Buffer", "Uint8Array"], one);
  const size = length ?? list.reduce((sum, one: Uint8Array) => sum + one.length, 0);
  requireIndex("length", size, kMaxLength);
  const all = new BufferBytes(size);
  let at = 0;
  for (const one of list as Uint8Array[]) {
    if (at >= size) break;
    all.set(at + one.length > size ? one.subarray(0, size - at) : one, at);
    at += one.length;
  }
  return all;
}

function compare(first: Uint8Array, second: Uint8Array): number {
  if (!(first instanceof Uint8Array)) throw invalidType("buf1", ["Buffer", "Uint8Array"], first);
  if (!(second instanceof Uint8Array)) throw invalidType("buf2", ["Buffer", "Uint8Array"], second);
  return compareBytes(first, second);
}

function copyBytesFrom(view: ArrayBufferView, offset = 0, length?: number): Buffer {
  const array = view as Uint8Array;
  const part = array.subarray(offset, length === undefined ? undefined : offset + length);
  return wrap(new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice());
}

function BufferOf(value: unknown, encoding?: unknown, length?: unknown): Buffer {
  if (typeof value !== "number") return from(value, encoding, length);
  if (typeof encoding === "string") throw invalidType("string", "string", value);
  return allocUnsafe(value);
}
Object.setPrototypeOf(BufferOf, Uint8Array);

export const Buffer = Object.assign(BufferOf as unknown as BufferFunction, {
  poolSize: 8192,
  from,
  of: (...values: number[]) => wrap(Uint8Array.of(...values)),
  alloc(size: number, fill?: unknown, encoding?: unknown) {
    const made = allocUnsafe(size);
    return fill === undefined || fill === 0 || size === 0 ? made : made.fill(fill, encoding);
  },
  allocUnsafe,
  allocUnsafeSlow: allocUnsafe,
  isBuffer: (value: unknown): value is Buffer => value instanceof BufferBytes,
  isEncoding: (name: unknown) => typeof name === "string" && name !== "" && encodingOf(name) !== undefined,
  byteLength,
  concat,
  compare,
  copyBytesFrom,
});
Object.defineProperty(Buffer, "name", { value: "Buffer" });
Buffer.prototype = BufferBytes.prototype;
Object.defineProperty(BufferBytes.prototype, "constructor", {
  value: Buffer,
  writable: true,
  configurable: true,
});
Object.defineProperty(BufferBytes.prototype, "toLocaleString", {
  value: BufferBytes.prototype.toString,
  writable: true,
});
defineNumbers(BufferBytes.prototype);
defineEncodingMethods(BufferBytes.prototype);

/** `utf8Slice`, `hexWrite` and their like: undocumented, and used. */
function defineEncodingMethods(prototype: object): void {
  for (const name of ["utf8", "latin1", "ascii", "hex", "base64", "base64url", "ucs2", "utf16le"]) {
    const methods = {
      [`${name}Slice`](this: Buffer, start?: number, end?: number) {
        return this.toString(name, start, end);
      },
      [`${name}Write`](this: Buffer, text: string, offset?: number, length?: number) {
        return this.write(text, offset, length, name);
      },
    };
    for (const [key, value] of Object.entries(methods))
      Object.defineProperty(prototype, key, { value, writable: true, configurable: true });
  }
}

export const SlowBuffer = allocUnsafe;

export function isUtf8(input: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(input);
    return true;
  } catch {
    return false;
  }
}

export function isAscii(input: Uint8Array): boolean {
  return new Uint8Array(input).every((byte) => byte < 128);
}

export function transcode(source: Uint8Array, fromEncoding: string, toEncoding: string): Buffer {
  return from(requireEncoding(fromEncoding).decode(source), toEncoding);
}

const { atob, btoa, Blob, File } = globalThis;
export { atob, btoa, Blob, File, INSPECT_MAX_BYTES, kMaxLength };

export default {
  Buffer,
  SlowBuffer,
  Blob,
  File,
  atob,
  btoa,
  constants,
  INSPECT_MAX_BYTES,
  isAscii,
  isUtf8,
  kMaxLength,
  kStringMaxLength,
  transcode,
};
