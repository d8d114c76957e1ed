/**
 * Wasm values as bit patterns, and as text: arguments of the command line, results as `run --invoke` prints them.
 *
 * Numbers in JavaScript lose the payload of a NaN, so values travel as bits. Text follows the text format of
 * WebAssembly 2.0 (6.3) where JavaScript's own notation is not meant: `nan`, `nan:0x...`, `inf`, hexadecimal.
 *
 * Tests: value.test.ts
 */
import { ValueType, valueTypeName } from "../../abi/wasm.ts";

export interface WasmValue {
  readonly type: ValueType;
  /** Unsigned; of a v128 all 128 bits, byte 0 lowest. A null reference is 0. */
  readonly bits: bigint;
}

/** What is wrong with the text of an argument. */
export class ValueError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ValueError";
  }
}

interface FloatFormat {
  readonly bits: number;
  readonly fractionBits: number;
  readonly toBits: (value: number) => bigint;
}

const view = new DataView(new ArrayBuffer(8));

const F32: FloatFormat = {
  bits: 32,
  fractionBits: 23,
  toBits(value) {
    view.setFloat32(0, value);
    return BigInt(view.getUint32(0));
  },
};

const F64: FloatFormat = {
  bits: 64,
  fractionBits: 52,
  toBits(value) {
    view.setFloat64(0, value);
    return view.getBigUint64(0);
  },
};

const EXAMPLES: Readonly<Partial<Record<ValueType, string>>> = {
  [ValueType.I32]: "a whole number, for instance 30, -1 or 0x10",
  [ValueType.I64]: "a whole number, for instance 30, -1 or 0x10",
  [ValueType.F32]: "a number, for instance 1.5, -2e3, inf or nan",
  [ValueType.F64]: "a number, for instance 1.5, -2e3, inf or nan",
  [ValueType.V128]: "0x and up to 32 hexadecimal digits",
  [ValueType.FuncRef]: "null",
  [ValueType.ExternRef]: "null",
};

/** Throws a `ValueError`. */
export function parseValue(text: string, type: ValueType): WasmValue {
  const bits = parseBits(text, type);
  if (bits === undefined) {
    throw new ValueError(`"${text}" is no ${valueTypeName(type)}: expected ${EXAMPLES[type] ?? "a value"}`);
  }
  return { type, bits };
}

function parseBits(text: string, type: ValueType): bigint | undefined {
  switch (type) {
    case ValueType.I32:
      return parseInteger(text, 32);
    case ValueType.I64:
      return parseInteger(text, 64);
    case ValueType.F32:
      return parseFloat(text, F32);
    case ValueType.F64:
      return parseFloat(text, F64);
    case ValueType.V128:
      return /^0x[0-9a-f]{1,32}$/i.test(text) ? BigInt(text) : undefined;
    default:
      return text === "null" ? 0n : undefined;
  }
}

/** Signed or unsigned, whatever fits into the bits. */
function parseInteger(text: string, bits: number): bigint | undefined {
  const match = /^([+-]?)(\d+|0x[0-9a-f]+)$/i.exec(text.replaceAll("_", ""));
  if (match === null) return undefined;
  const magnitude = BigInt(match[2]!);
  const value = match[1] === "-" ? -magnitude : magnitude;
  const limit = 1n << BigInt(bits);
  if (value >= limit || value < -limit / 2n) {
    throw new ValueError(`${text} does not fit into ${bits} bits`);
  }
  return BigInt.asUintN(bits, value);
}

function parseFloat(text: string, format: FloatFormat): bigint | undefined {
  const match = /^([+-]?)(.+)$/.exec(text.toLowerCase());
  if (match === null) return undefined;
  const sign = match[1] === "-" ? 1n << BigInt(format.bits - 1) : 0n;
  const magnitude = parseMagnitude(match[2]!, format);
  return magnitude === undefined ? undefined : sign | magnitude;
}

function parseMagnitude(text: string, format: FloatFormat): bigint | undefined {
  const { bits, fractionBits } = format;
  const exponent = ((1n << BigInt(bits - 1 - fractionBits)) - 1n) << BigInt(fractionBits);
  if (text === "inf" || text === "infinity") return exponent;
  if (text === "nan") return exponent | (1n << BigInt(fractionBits - 1));
  const payload = /^nan:(0x[0-9a-f]+)$/.exec(text);
  if (payload !== null) {
    const fraction = BigInt(payload[1]!);
    if (fraction === 0n || fraction >> BigInt(fractionBits) !== 0n) {
      throw new ValueError(`${text}: a NaN's payload has 1 to ${fractionBits} bits and is not 0`);
    }
    return exponent | fraction;
  }
  const hexadecimal = /^0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?\d{1,5}))?$/.exec(text);
  if (hexadecimal !== null) return parseHexadecimal(hexadecimal, format);
  return /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(text) ? format.toBits(Number(text)) : undefined;
}

/** Digits of a fraction that all fit into an f64 are exact; more are cut off, with what is lost as a last one bit. */
function parseHexadecimal(match: RegExpExecArray, format: FloatFormat): bigint | undefined {
  const whole = match[1]!;
  const fraction = match[2] ?? "";
  if (whole + fraction === "") return undefined;
  let digits = BigInt(`0x${whole}${fraction}`);
  let exponent = Number(match[3] ?? 0) - 4 * fraction.length;
  const excess = digits.toString(2).length - 60;
  if (excess > 0) {
    const cut = digits >> BigInt(excess);
    digits = cut << BigInt(excess) === digits ? cut : cut | 1n;
    exponent += excess;
  }
  return roundToFormat(digits, exponent, format);
}

/** `digits` times two to the `exponent`, to the nearest value of the format, ties to even. */
function roundToFormat(digits: bigint, exponent: number, { bits, fractionBits }: FloatFormat): bigint {
  if (digits === 0n) return 0n;
  const bias = 2 ** (bits - fractionBits - 2) - 1;
  const top = exponent + digits.toString(2).length - 1;
  const infinity = BigInt(2 * bias + 1) << BigInt(fractionBits);
  if (top > bias) return infinity;
  // The exponent of the last bit kept: fixed for numbers below the normal ones.
  const last = Math.max(top, 1 - bias) - fractionBits;
  const shift = last - exponent;
  let kept: bigint;
  if (shift <= 0) {
    kept = digits << BigInt(-shift);
  } else {
    kept = digits >> BigInt(shift);
    const rest = digits - (kept << BigInt(shift));
    const half = 1n << BigInt(shift - 1);
    if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n;
  }
  // A carry out of the fraction moves into the exponent by itself, up to infinity.
  if (top < 1 - bias) return kept;
  return kept + (BigInt(top + bias - 1) << BigInt(fractionBits));
}

/** `i32:832040`, `f64:0.1`, `v128:0x...`, `funcref:null`. Integers signed, floats in JavaScript's shortest notation. */
export function showValue({ type, bits }: WasmValue): string {
  return `${valueTypeName(type)}:${showBits(type, bits)}`;
}

function showBits(type: ValueType, bits: bigint): string {
  switch (type) {
    case ValueType.I32:
      return String(BigInt.asIntN(32, bits));
    case ValueType.I64:
      return String(BigInt.asIntN(64, bits));
    case ValueType.F32:
      view.setUint32(0, Number(BigInt.asUintN(32, bits)));
      return showFloat(bits, F32, shortestFloat32(view.getFloat32(0)));
    case ValueType.F64:
      view.setBigUint64(0, bits);
      return showFloat(bits, F64, view.getFloat64(0));
    case ValueType.V128:
      return `0x${bits.toString(16).padStart(32, "0")}`;
    default:
      return bits === 0n ? "null" : `0x${bits.toString(16)}`;
  }
}

function showFloat(bits: bigint, { bits: width, fractionBits }: FloatFormat, value: number): string {
  const sign = bits >> BigInt(width - 1) === 1n ? "-" : "";
  if (Number.isNaN(value)) {
    const payload = BigInt.asUintN(fractionBits, bits);
    const canonical = payload === 1n << BigInt(fractionBits - 1);
    return canonical ? `${sign}nan` : `${sign}nan:0x${payload.toString(16)}`;
  }
  if (!Number.isFinite(value)) return `${sign}inf`;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The number with the fewest digits that is this f32 when rounded to one. */
function shortestFloat32(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}
