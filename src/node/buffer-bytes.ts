/** What a Buffer is: bytes with methods that know encodings, places and other bytes. */
import { UTF8 } from "./buffer-encodings.ts";
import { compareBytes, requireEncoding, search } from "./buffer-search.ts";
import { coded, invalidType, invalidValue, outOfRange } from "./errors.ts";

export const kMaxLength = 2 ** 32;
export const INSPECT_MAX_BYTES = 50;
const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

/** Where an argument of `toString` or `slice` stands, within the bytes. */
function place(value: unknown, length: number, otherwise: number): number {
  if (value === undefined) return otherwise;
  const index = Math.trunc(Number(value)) || 0;
  if (index < 0) return Math.max(0, length + index);
  return Math.min(index, length);
}

export class BufferBytes extends Uint8Array {
  get parent(): ArrayBufferLike {
    return this.buffer;
  }

  get offset(): number {
    return this.byteOffset;
  }

  override toString(encoding?: unknown, start?: number, end?: number): string {
    const from = start === undefined || start <= 0 ? 0 : Math.trunc(start) || 0;
    const to = end === undefined ? this.length : Math.min(this.length, Math.trunc(end) || 0);
    const coding = requireEncoding(encoding);
    if (from >= to) return "";
    return coding.decode(from === 0 && to === this.length ? this : this.subarray(from, to));
  }

  toJSON(): { type: "Buffer"; data: number[] } {
    return { type: "Buffer", data: Array.from(this) };
  }

  equals(other: Uint8Array): boolean {
    if (!(other instanceof Uint8Array)) throw invalidType("otherBuffer", ["Buffer", "Uint8Array"], other);
    return this.length === other.length && compareBytes(this, other) === 0;
  }

  compare(
    target: Uint8Array,
    targetStart = 0,
    targetEnd = target?.length,
    start = 0,
    end = this.length,
  ): number {
    if (!(target instanceof Uint8Array)) throw invalidType("target", ["Buffer", "Uint8Array"], target);
    requireIndex("targetStart", targetStart, kMaxLength);
    requireIndex("targetEnd", targetEnd, target.length);
    requireIndex("sourceStart", start, kMaxLength);
    requireIndex("sourceEnd", end, this.length);
    return compareBytes(
      Uint8Array.prototype.subarray.call(this, start, Math.max(start, end)),
      target.subarray(targetStart, Math.max(targetStart, targetEnd)),
    );
  }

  override indexOf(value: unknown, offset?: unknown, encoding?: unknown): number {
    return search(this.#plain(), value, offset, encoding, 1);
  }

  override lastIndexOf(value: unknown, offset?: unknown, encoding?: unknown): number {
    return search(this.#plain(), value, offset, encoding, -1);
  }

  override includes(value: unknown, offset?: unknown, encoding?: unknown): boolean {
    return this.indexOf(value, offset, encoding) >= 0;
  }

  /** The same bytes with the methods of the language. */
  #plain(): Uint8Array {
    return new Uint8Array(this.buffer, this.byteOffset, this.length);
  }

  copy(target: Uint8Array, targetStart = 0, start = 0, end = this.length): number {
    if (!(target instanceof Uint8Array)) throw invalidType("target", ["Buffer", "Uint8Array"], target);
    const [at, from, to] = [targetStart, start, end].map((value) => Math.trunc(Number(value)) || 0) as [
      number,
      number,
      number,
    ];
    if (at < 0) throw outOfRange("targetStart", ">= 0", targetStart);
    if (from < 0 || from > this.length) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, start);
    if (to < 0) throw outOfRange("sourceEnd", ">= 0", end);
    const count = Math.min(to - from, target.length - at, this.length - from);
    if (count <= 0) return 0;
    target.set(this.subarray(from, from + count), at);
    return count;
  }

  override subarray(start?: number, end?: number): BufferBytes {
    const from = place(start, this.length, 0);
    const to = place(end, this.length, this.length);
    return new BufferBytes(this.buffer as ArrayBuffer, this.byteOffset + from, Math.max(0, to - from));
  }

  /** Unlike that of other arrays of bytes: no copy. */
  override slice(start?: number, end?: number): never {
    return this.subarray(start, end) as never;
  }

  write(text: string, offset?: unknown, length?: unknown, encoding?: unknown): number {
    if (typeof text !== "string") throw coded(TypeError, "ERR_INVALID_ARG_TYPE", "argument must be a string");
    if (typeof offset === "string") return this.write(text, 0, undefined, offset);
    if (typeof length === "string") return this.write(text, offset, undefined, length);
    const at = offset === undefined ? 0 : (offset as number);
    requireIndex("offset", at, this.length);
    const room = this.length - at;
    const limit = length === undefined ? room : (length as number);
    requireIndex("length", limit, this.length);
    return writeText(this, text, at, Math.min(limit, room), encoding);
  }

  override fill(value: unknown, offset?: unknown, end?: unknown, encoding?: unknown): this {
    if (typeof offset === "string") return this.fill(value, 0, this.length, offset);
    if (typeof end === "string") return this.fill(value, offset, this.length, end);
    const from = offset === undefined ? 0 : (offset as number);
    const to = end === undefined ? this.length : (end as number);
    requireIndex("offset", from, kMaxLength);
    requireIndex("end", to, this.length);
    const bytes = fillBytes(value, encoding);
    if (typeof bytes === "number") {
      Uint8Array.prototype.fill.call(this, bytes, from, to);
      return this;
    }
    for (let at = from; at < to; at += bytes.length)
      this.set(at + bytes.length > to ? bytes.subarray(0, to - at) : bytes, at);
    return this;
  }

  swap16(): this {
    return swap(this, 2);
  }

  swap32(): this {
    return swap(this, 4);
  }

  swap64(): this {
    return swap(this, 8);
  }

  [CUSTOM](): string {
    const shown = Array.from(this.subarray(0, INSPECT_MAX_BYTES), (byte) =>
      byte.toString(16).padStart(2, "0"),
    );
    const more = this.length - shown.length;
    if (more > 0) shown.push(`... ${more} more byte${more === 1 ? "" : "s"}`);
    return `<Buffer${shown.length === 0 ? "" : ` ${shown.join(" ")}`}>`;
  }
}

/** As many whole characters as there is room for. */
function writeText(target: Uint8Array, text: string, at: number, room: number, encoding: unknown): number {
  const coding = requireEncoding(encoding);
  let bytes = coding.encode(text);
  if (bytes.length > room) {
    let length = room;
    if (coding === UTF8) while (length > 0 && (bytes[length]! & 0xc0) === 0x80) length--;
    if (coding.name === "utf16le") length &= ~1;
    bytes = bytes.subarray(0, length);
  }
  target.set(bytes, at);
  return bytes.length;
}

/** What is repeated: a byte, or several. */
function fillBytes(value: unknown, encoding: unknown): number | Uint8Array {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) return Number(value) & 255;
  if (encoding !== undefined && typeof encoding !== "string")
    throw invalidType("encoding", "string", encoding);
  const bytes = typeof value === "string" ? requireEncoding(encoding).encode(value) : value;
  if (bytes.length > 0) return bytes;
  if (value.length === 0 && typeof value === "string") return 0;
  throw invalidValue("value", value);
}

export function requireIndex(name: string, value: unknown, most: number): asserts value is number {
  if (typeof value !== "number") throw invalidType(name, "number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < 0 || value > most) throw outOfRange(name, `>= 0 && <= ${most}`, value);
}

function swap<T extends Uint8Array>(bytes: T, size: number): T {
  if (bytes.length % size !== 0)
    throw coded(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${8 * size}-bits`);
  for (let at = 0; at < bytes.length; at += size)
    new Uint8Array(bytes.buffer, bytes.byteOffset + at, size).reverse();
  return bytes;
}
