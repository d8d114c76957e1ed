/** Rules for vectors of floats that take more than one instruction: signs, extrema, conversions. */
import type { Encoding } from "../../../../x64/encoding.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import { Op } from "../../../ir/tables/op.ts";
import type { Rule, Selector } from "../selector.ts";
import { constant, inLanes, one, sequence, shifted, two, withBits, zero, type Rules } from "./steps.ts";

/** The instructions of one width. */
interface Float {
  readonly bits: number;
  readonly minimum: Encoding;
  readonly maximum: Encoding;
  readonly subtract: Encoding;
  readonly compare: Encoding;
  readonly shiftRight: Encoding;
  /** Bits of a NaN that are not its sign, exponent and quiet bit. */
  readonly payloadBits: number;
}

const SINGLE: Float = {
  bits: 32,
  minimum: x64.MINPS,
  maximum: x64.MAXPS,
  subtract: x64.SUBPS,
  compare: x64.CMPPS,
  shiftRight: x64.PSRLD.imm8,
  payloadBits: 22,
};
const DOUBLE: Float = {
  bits: 64,
  minimum: x64.MINPD,
  maximum: x64.MAXPD,
  subtract: x64.SUBPD,
  compare: x64.CMPPD,
  shiftRight: x64.PSRLQ.imm8,
  payloadBits: 51,
};

/** cmpps, cmppd. */
const enum Predicate {
  Equal = 0,
  LessOrEqual = 2,
  Unordered = 3,
}

// Signs.

function withoutSign({ bits }: Float): Rule {
  const mask = inLanes(bits, (1n << BigInt(bits - 1)) - 1n);
  return sequence((selector, def, source) => void withBits(selector, x64.ANDPS, source, mask, def));
}

function withSignTurned({ bits }: Float): Rule {
  const sign = inLanes(bits, 1n << BigInt(bits - 1));
  return sequence((selector, def, source) => void withBits(selector, x64.XORPS, source, sign, def));
}

// Extrema. The instructions give their second operand for NaN and for zeros of two signs: so both orders are asked.

/** def = made, without the payload of NaNs, which are where `isNaN` has ones. */
function emitQuieted(selector: Selector, float: Float, made: number, isNaN: number, def: number): void {
  const payload = shifted(selector, float.shiftRight, isNaN, float.bits - float.payloadBits);
  two(selector, x64.ANDNPS, payload, made, 0, def);
}

/** Or keeps a sign that either has, and what makes a NaN. */
function minimum(float: Float): Rule {
  return sequence((selector, def, left, right) => {
    const first = two(selector, float.minimum, left, right);
    const second = two(selector, float.minimum, right, left);
    const smaller = two(selector, x64.ORPS, first, second);
    const isNaN = two(selector, float.compare, second, smaller, Predicate.Unordered);
    emitQuieted(selector, float, two(selector, x64.ORPS, smaller, isNaN), isNaN, def);
  });
}

/** What differs is the sign of zeros, or a NaN. Subtracted, it takes the sign off, and keeps NaNs, made quiet. */
function maximum(float: Float): Rule {
  return sequence((selector, def, left, right) => {
    const first = two(selector, float.maximum, left, right);
    const second = two(selector, float.maximum, right, left);
    const difference = two(selector, x64.XORPS, second, first);
    const merged = two(selector, x64.ORPS, first, difference);
    const larger = two(selector, float.subtract, merged, difference);
    emitQuieted(
      selector,
      float,
      larger,
      two(selector, float.compare, difference, larger, Predicate.Unordered),
      def,
    );
  });
}

// Conversions.

const TWO_31_SINGLE = inLanes(32, 0x4f00_0000n);
const TWO_52 = inLanes(64, 0x4330_0000_0000_0000n);
const MAXIMUM_I32 = inLanes(64, 0x41df_ffff_ffc0_0000n);
const MAXIMUM_U32 = inLanes(64, 0x41ef_ffff_ffe0_0000n);
/** The upper half of 2^52, whose lower half counts ones. */
const TWO_52_UPPER = inLanes(32, 0x4330_0000n);

/** Too small gives the smallest integer by itself, too large does too and is turned; NaN becomes 0. */
const truncateSingles = sequence((selector, def, source) => {
  const isLarge = two(selector, x64.CMPPS, constant(selector, TWO_31_SINGLE), source, Predicate.LessOrEqual);
  const truncated = one(selector, x64.CVTTPS2DQ, source);
  const saturated = two(selector, x64.PXOR, truncated, isLarge);
  const isNumber = two(selector, x64.CMPPS, source, source, Predicate.Equal);
  two(selector, x64.PAND, saturated, isNumber, 0, def);
});

/** In two parts: what fits i32 (too large gives 2^31), and what is above 2^31, from 0 to 2^31 - 1. */
const truncateSinglesUnsigned = sequence((selector, def, source) => {
  const positive = two(selector, x64.MAXPS, source, zero(selector));
  const above = withBits(selector, x64.SUBPS, positive, TWO_31_SINGLE);
  const isLarge = two(selector, x64.CMPPS, constant(selector, TWO_31_SINGLE), above, Predicate.LessOrEqual);
  const upper = two(selector, x64.PXOR, one(selector, x64.CVTTPS2DQ, above), isLarge);
  const upperPart = two(selector, x64.PMAXSD, upper, zero(selector));
  two(selector, x64.PADDD, one(selector, x64.CVTTPS2DQ, positive), upperPart, 0, def);
});

/** Both halves are exact as floats, so that their sum is rounded once. The upper one must not look negative. */
const convertUnsigned = sequence((selector, def, source) => {
  const low = withBits(selector, x64.PAND, source, inLanes(32, 0xffffn));
  const high = two(selector, x64.PSUBD, source, low);
  const half = one(selector, x64.CVTDQ2PS, shifted(selector, x64.PSRLD.imm8, high, 1));
  const upper = two(selector, x64.ADDPS, half, half);
  two(selector, x64.ADDPS, upper, one(selector, x64.CVTDQ2PS, low), 0, def);
});

/** `min` gives its second operand for NaN: that is 0 there, and else the largest integer. */
const truncateDoubles = sequence((selector, def, source) => {
  const isNumber = two(selector, x64.CMPPD, source, source, Predicate.Equal);
  const limit = withBits(selector, x64.ANDPS, isNumber, MAXIMUM_I32);
  one(selector, x64.CVTTPD2DQ, two(selector, x64.MINPD, source, limit), 0, def);
});

/** Clamped and truncated, 2^52 is added: the integer is then the lower half of its bits. */
const truncateDoublesUnsigned = sequence((selector, def, source) => {
  const zeros = zero(selector);
  const positive = two(selector, x64.MAXPD, source, zeros);
  const clamped = withBits(selector, x64.MINPD, positive, MAXIMUM_U32);
  const whole = one(selector, x64.ROUNDPD, clamped, TOWARDS_ZERO);
  const sum = withBits(selector, x64.ADDPD, whole, TWO_52);
  two(selector, x64.SHUFPS, sum, zeros, EVEN_LANES, def);
});
const TOWARDS_ZERO = 11;
const EVEN_LANES = 0x88;

/** The reverse of that. */
const convertLowUnsigned = sequence((selector, def, source) => {
  const sum = withBits(selector, x64.UNPCKLPS, source, TWO_52_UPPER);
  withBits(selector, x64.SUBPD, sum, TWO_52, def);
});

const row = (n: number, rule: Rule): readonly [number, Rule] => [Op.Simd + n, rule];

export const FLOAT_VECTOR_RULES: Rules = [
  row(0xe0, withoutSign(SINGLE)),
  row(0xe1, withSignTurned(SINGLE)),
  row(0xe8, minimum(SINGLE)),
  row(0xe9, maximum(SINGLE)),
  row(0xec, withoutSign(DOUBLE)),
  row(0xed, withSignTurned(DOUBLE)),
  row(0xf4, minimum(DOUBLE)),
  row(0xf5, maximum(DOUBLE)),
  row(0xf8, truncateSingles),
  row(0xf9, truncateSinglesUnsigned),
  row(0xfb, convertUnsigned),
  row(0xfc, truncateDoubles),
  row(0xfd, truncateDoublesUnsigned),
  row(0xff, convertLowUnsigned),
];
