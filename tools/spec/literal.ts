/**
 * Numbers of WebAssembly's text format (Wasm 2.0 core, 6.3) as bit patterns, rounded exactly.
 *
 * JavaScript's own numbers do not do: rounding a decimal to f64 and then to f32 rounds twice, and a NaN's payload
 * need not survive. So floats are read as fractions of big integers and rounded once, to nearest, ties to even.
 *
 * Tests: literal.test.ts
 */
interface FloatFormat {
  readonly bits: number;
  /** Of the significand, without the leading one. */
  readonly fractionBits: number;
}

export const F32: FloatFormat = { bits: 32, fractionBits: 23 };
export const F64: FloatFormat = { bits: 64, fractionBits: 52 };

/** Beyond this a decimal or binary exponent says nothing but zero or out of range. */
const EXPONENT_LIMIT = 20_000;

const INTEGER = /^([+-]?)(0x[0-9a-f]+(?:_[0-9a-f]+)*|[0-9]+(?:_[0-9]+)*)$/i;
const HEXADECIMAL = /^0x([0-9a-f_]+)(?:\.([0-9a-f_]*))?(?:p([+-]?[0-9_]+))?$/i;
const DECIMAL = /^([0-9][0-9_]*)(?:\.([0-9_]*))?(?:e([+-]?[0-9_]+))?$/i;

/** An integer of `bits` bits, signed or unsigned, as the unsigned pattern. Undefined: not one, or too large. */
export function integerBits(text: string, bits: number): bigint | undefined {
  const match = INTEGER.exec(text);
  if (match === null) return undefined;
  const magnitude = BigInt(match[2]!.replaceAll("_", ""));
  const value = match[1] === "-" ? -magnitude : magnitude;
  const size = 1n << BigInt(bits);
  if (value >= size || value < -size / 2n) return undefined;
  return value < 0n ? value + size : value;
}

/** Undefined: not a number, or out of range. */
export function floatBits(text: string, format: FloatFormat): bigint | undefined {
  const negative = text.startsWith("-");
  const magnitude = magnitudeBits(/^[+-]/.test(text) ? text.slice(1) : text, format);
  if (magnitude === undefined) return undefined;
  return negative ? magnitude | (1n << BigInt(format.bits - 1)) : magnitude;
}

/** The exponent field all ones: infinity, and with a payload NaN. */
export function infinityBits(format: FloatFormat): bigint {
  const exponentBits = format.bits - 1 - format.fractionBits;
  return ((1n << BigInt(exponentBits)) - 1n) << BigInt(format.fractionBits);
}

/** The payload of the canonical NaN: its leading bit, which makes a NaN quiet. */
export function quietBit(format: FloatFormat): bigint {
  return 1n << BigInt(format.fractionBits - 1);
}

function magnitudeBits(text: string, format: FloatFormat): bigint | undefined {
  const infinity = infinityBits(format);
  if (text === "inf" || text === "infinity") return infinity; // "infinity": before Wasm 1.0
  if (text === "nan") return infinity | quietBit(format);
  if (text.startsWith("nan:0x")) {
    const payload = integerBits(text.slice(4), 64);
    if (payload === undefined || payload === 0n || payload >> BigInt(format.fractionBits) !== 0n)
      return undefined;
    return infinity | payload;
  }
  const fraction = readHexadecimal(text) ?? readDecimal(text);
  return fraction === undefined ? undefined : round(fraction, format);
}

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

function readHexadecimal(text: string): Fraction | undefined {
  const match = HEXADECIMAL.exec(text);
  if (match === null) return undefined;
  const after = (match[2] ?? "").replaceAll("_", "");
  const exponent = Number((match[3] ?? "0").replaceAll("_", "")) - 4 * after.length;
  return scale(BigInt(`0x${match[1]!.replaceAll("_", "")}${after}`), 2n, exponent);
}

function readDecimal(text: string): Fraction | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const after = (match[2] ?? "").replaceAll("_", "");
  const exponent = Number((match[3] ?? "0").replaceAll("_", "")) - after.length;
  return scale(BigInt(match[1]!.replaceAll("_", "") + after), 10n, exponent);
}

function scale(digits: bigint, base: bigint, exponent: number): Fraction {
  const power = base ** BigInt(Math.min(Math.abs(exponent), EXPONENT_LIMIT));
  return exponent < 0
    ? { numerator: digits, denominator: power }
    : { numerator: digits * power, denominator: 1n };
}

function round({ numerator, denominator }: Fraction, format: FloatFormat): bigint | undefined {
  if (numerator === 0n) return 0n;
  const smallestExponent = 2 - (1 << (format.bits - 2 - format.fractionBits));
  let exponent = bitLength(numerator) - bitLength(denominator);
  if (compareScaled(numerator, denominator, exponent) < 0) exponent--; // now 2^exponent <= value < 2^(exponent+1)
  exponent = Math.max(exponent, smallestExponent);

  const unit = exponent - format.fractionBits;
  const dividend = unit < 0 ? numerator << BigInt(-unit) : numerator;
  const divisor = unit < 0 ? denominator : denominator << BigInt(unit);
  let significand = dividend / divisor;
  const twiceRest = (dividend % divisor) * 2n;
  if (twiceRest > divisor || (twiceRest === divisor && (significand & 1n) === 1n)) significand++;
  // The leading one of a normal number counts as one in the exponent field; so does a carry out of the fraction.
  const bits = (BigInt(exponent - smallestExponent) << BigInt(format.fractionBits)) + significand;
  return bits >= infinityBits(format) ? undefined : bits;
}

/** The sign of numerator / denominator - 2^exponent. */
function compareScaled(numerator: bigint, denominator: bigint, exponent: number): number {
  const left = exponent < 0 ? numerator << BigInt(-exponent) : numerator;
  const right = exponent < 0 ? denominator : denominator << BigInt(exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}
