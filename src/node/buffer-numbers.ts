/** Buffer's numbers: `readInt16LE`, `writeDoubleBE` and the fifty others, out of one table. */
import { invalidType, outOfRange, coded } from "./errors.ts";

interface Kind {
  readonly name: string;
  readonly size: number;
  readonly get: (view: DataView, at: number, little: boolean) => number | bigint;
  readonly set: (view: DataView, at: number, value: never, little: boolean) => void;
  /** The least and the greatest; undefined: any number. */
  readonly range?: readonly [bigint, bigint];
}

function kind(name: string, method: string, size: number, signed?: boolean): Kind {
  const get = DataView.prototype[`get${method}` as "getInt16"];
  const set = DataView.prototype[`set${method}` as "setInt16"];
  const bits = BigInt(8 * size);
  const range = signed
    ? ([-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] as const)
    : ([0n, (1n << bits) - 1n] as const);
  return {
    name,
    size,
    get: (view, at, little) => get.call(view, at, little),
    set: (view, at, value, little) => set.call(view, at, value, little),
    ...(signed === undefined ? {} : { range }),
  };
}

const KINDS: readonly Kind[] = [
  kind("Int8", "Int8", 1, true),
  kind("UInt8", "Uint8", 1, false),
  kind("Int16", "Int16", 2, true),
  kind("UInt16", "Uint16", 2, false),
  kind("Int32", "Int32", 4, true),
  kind("UInt32", "Uint32", 4, false),
  kind("BigInt64", "BigInt64", 8, true),
  kind("BigUInt64", "BigUint64", 8, false),
  kind("Float", "Float32", 4),
  kind("Double", "Float64", 8),
];

const views = new WeakMap<ArrayBufferLike, DataView>();

function viewOf(bytes: Uint8Array): DataView {
  let view = views.get(bytes.buffer);
  if (view === undefined) views.set(bytes.buffer, (view = new DataView(bytes.buffer)));
  return view;
}

function requireOffset(bytes: Uint8Array, offset: unknown, size: number): void {
  if (typeof offset !== "number") throw invalidType("offset", "number", offset);
  const last = bytes.length - size;
  if (offset >= 0 && offset <= last && Number.isInteger(offset)) return;
  if (!Number.isInteger(offset)) throw outOfRange("offset", "an integer", offset);
  if (last < 0)
    throw coded(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  throw outOfRange("offset", `>= 0 and <= ${last}`, offset);
}

/** How Node writes a range: powers of two where numbers would be long. */
function showRange([least, greatest]: readonly [bigint, bigint], size: number, isBig: boolean): string {
  const suffix = isBig ? "n" : "";
  if (size <= 4) return `>= ${least}${suffix} and <= ${greatest}${suffix}`;
  const bits = 8 * size;
  return least === 0n
    ? `>= 0${suffix} and < 2${suffix} ** ${bits}${suffix}`
    : `>= -(2${suffix} ** ${bits - 1}${suffix}) and < 2${suffix} ** ${bits - 1}${suffix}`;
}

function requireValue({ range, size, name }: Kind, value: unknown): void {
  if (range === undefined) return;
  const [least, greatest] = range;
  const isBig = name.startsWith("Big");
  if (isBig && typeof value !== "bigint") throw invalidType("value", "bigint", value);
  const number = isBig ? (value as bigint) : Number(value);
  if (number < least || number > greatest) throw outOfRange("value", showRange(range, size, isBig), number);
}

function defineKind(prototype: Record<string, unknown>, kind: Kind): void {
  const { name, size, get, set } = kind;
  for (const order of size === 1 ? [""] : ["LE", "BE"]) {
    const little = order === "LE";
    const read = function (this: Uint8Array, offset: number = 0) {
      requireOffset(this, offset, size);
      return get(viewOf(this), this.byteOffset + offset, little);
    };
    const write = function (this: Uint8Array, value: never, offset: number = 0) {
      requireValue(kind, value);
      requireOffset(this, offset, size);
      const given = (name.startsWith("Big") ? value : Number(value)) as never;
      set(viewOf(this), this.byteOffset + offset, given, little);
      return offset + size;
    };
    defineBoth(prototype, name + order, read, write);
  }
}

/** Under both spellings: `readUInt8` and `readUint8`. */
function defineBoth(
  prototype: Record<string, unknown>,
  name: string,
  read: (...values: never[]) => unknown,
  write: (...values: never[]) => unknown,
): void {
  for (const spelled of new Set([name, name.replace("UInt", "Uint")])) {
    prototype[`read${spelled}`] = read;
    prototype[`write${spelled}`] = write;
  }
}

/** Integers of one to six bytes. */
function requireSize(size: unknown): asserts size is number {
  if (typeof size !== "number") throw invalidType("byteLength", "number", size);
  if (!Number.isInteger(size)) throw outOfRange("byteLength", "an integer", size);
  if (size < 1 || size > 6) throw outOfRange("byteLength", ">= 1 and <= 6", size);
}

function defineSized(prototype: Record<string, unknown>, signed: boolean, little: boolean): void {
  const place = (size: number, index: number) => (little ? index : size - 1 - index);
  const read = function (this: Uint8Array, offset: number, size: number) {
    if (offset === undefined) throw invalidType("offset", "number", offset);
    requireSize(size);
    requireOffset(this, offset, size);
    let value = 0;
    for (let index = size - 1; index >= 0; index--) value = value * 256 + this[offset + place(size, index)]!;
    return signed && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
  };
  const write = function (this: Uint8Array, value: number, offset: number, size: number) {
    requireSize(size);
    const bits = BigInt(8 * size);
    const range = signed
      ? ([-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] as const)
      : ([0n, (1n << bits) - 1n] as const);
    const number = Number(value);
    if (number < range[0] || number > range[1])
      throw outOfRange("value", showRange(range, size, false), number);
    requireOffset(this, offset, size);
    let rest = number;
    for (let index = 0; index < size; index++) {
      this[offset + place(size, index)] = ((rest % 256) + 256) % 256;
      rest = Math.floor(rest / 256);
    }
    return offset + size;
  };
  defineBoth(prototype, `${signed ? "Int" : "UInt"}${little ? "LE" : "BE"}`, read, write);
}

export function defineNumbers(prototype: object): void {
  const methods: Record<string, unknown> = {};
  for (const one of KINDS) defineKind(methods, one);
  for (const signed of [true, false])
    for (const little of [true, false]) defineSized(methods, signed, little);
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
}
