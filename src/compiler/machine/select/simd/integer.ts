/** Rules for integer vectors that take more than one instruction: comparisons, signs, products, sums of pairs. */
import type { Encoding } from "../../../../x64/encoding.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import { Op } from "../../../ir/tables/op.ts";
import type { Rule, Selector } from "../selector.ts";
import { constant, inLanes, one, ones, sequence, shifted, two, withBits, zero, type Rules } from "./steps.ts";

const row = (n: number, rule: Rule): readonly [number, Rule] => [Op.Simd + n, rule];

// Logic.

function emitNot(selector: Selector, source: number, def: number): void {
  two(selector, x64.PXOR, ones(selector), source, 0, def);
}

const not = sequence((selector, def, source) => emitNot(selector, source, def));

/** ((a xor b) and mask) xor b: b where the mask has zeros. */
const bitselect = sequence((selector, def, a, b, mask) => {
  const differences = two(selector, x64.PXOR, a, b);
  const chosen = two(selector, x64.PAND, differences, mask);
  two(selector, x64.PXOR, chosen, b, 0, def);
});

// Comparisons.

const notEqual = (equal: Encoding) =>
  sequence((selector, def, left, right) => emitNot(selector, two(selector, equal, left, right), def));

/** `extremum` of both is the left one: for minima it is the smaller or equal. */
const isExtremum = (extremum: Encoding, equal: Encoding) =>
  sequence((selector, def, left, right) => {
    two(selector, equal, two(selector, extremum, left, right), left, 0, def);
  });

const isNotExtremum = (extremum: Encoding, equal: Encoding) =>
  sequence((selector, def, left, right) => {
    const equals = two(selector, equal, two(selector, extremum, left, right), left);
    emitNot(selector, equals, def);
  });

const lessOrEqual64 = sequence((selector, def, left, right) => {
  emitNot(selector, two(selector, x64.PCMPGTQ, left, right), def);
});
const greaterOrEqual64 = sequence((selector, def, left, right) => {
  emitNot(selector, two(selector, x64.PCMPGTQ, right, left), def);
});

interface Extrema {
  readonly equal: Encoding;
  readonly minimumSigned: Encoding;
  readonly minimumUnsigned: Encoding;
  readonly maximumSigned: Encoding;
  readonly maximumUnsigned: Encoding;
}

/** Of the ten comparisons from `first` on (eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u) those of several steps. */
function comparisons(first: number, extrema: Extrema): Rules {
  const { equal } = extrema;
  return [
    row(first + 1, notEqual(equal)),
    row(first + 3, isNotExtremum(extrema.maximumUnsigned, equal)),
    row(first + 5, isNotExtremum(extrema.minimumUnsigned, equal)),
    row(first + 6, isExtremum(extrema.minimumSigned, equal)),
    row(first + 7, isExtremum(extrema.minimumUnsigned, equal)),
    row(first + 8, isExtremum(extrema.maximumSigned, equal)),
    row(first + 9, isExtremum(extrema.maximumUnsigned, equal)),
  ];
}

const EXTREMA_8: Extrema = {
  equal: x64.PCMPEQB,
  minimumSigned: x64.PMINSB,
  minimumUnsigned: x64.PMINUB,
  maximumSigned: x64.PMAXSB,
  maximumUnsigned: x64.PMAXUB,
};
const EXTREMA_16: Extrema = {
  equal: x64.PCMPEQW,
  minimumSigned: x64.PMINSW,
  minimumUnsigned: x64.PMINUW,
  maximumSigned: x64.PMAXSW,
  maximumUnsigned: x64.PMAXUW,
};
const EXTREMA_32: Extrema = {
  equal: x64.PCMPEQD,
  minimumSigned: x64.PMINSD,
  minimumUnsigned: x64.PMINUD,
  maximumSigned: x64.PMAXSD,
  maximumUnsigned: x64.PMAXUD,
};

// Signs.

const negate = (subtract: Encoding) =>
  sequence((selector, def, source) => void two(selector, subtract, zero(selector), source, 0, def));

/** (x xor sign) - sign, where the sign is all ones or zeros. */
const absolute64 = sequence((selector, def, source) => {
  const sign = two(selector, x64.PCMPGTQ, zero(selector), source);
  const inverted = two(selector, x64.PXOR, source, sign);
  two(selector, x64.PSUBQ, inverted, sign, 0, def);
});

// Products.

/** Low halves crossed with high ones make the upper half of the product. */
const multiply64 = sequence((selector, def, left, right) => {
  const leftHigh = shifted(selector, x64.PSRLQ.imm8, left, 32);
  const first = two(selector, x64.PMULUDQ, leftHigh, right);
  const rightHigh = shifted(selector, x64.PSRLQ.imm8, right, 32);
  const second = two(selector, x64.PMULUDQ, rightHigh, left);
  const sum = two(selector, x64.PADDQ, first, second);
  const upper = shifted(selector, x64.PSLLQ.imm8, sum, 32);
  const lower = two(selector, x64.PMULUDQ, left, right);
  two(selector, x64.PADDQ, lower, upper, 0, def);
});

/** The upper half in both halves: `pshufd`'s lanes 2 3 2 3. */
const UPPER_HALF = 0xee;

const extendHigh = (extend: Encoding) =>
  sequence((selector, def, source) => {
    one(selector, extend, one(selector, x64.PSHUFD, source, UPPER_HALF), 0, def);
  });

const productLow8 = (extend: Encoding) =>
  sequence((selector, def, left, right) => {
    two(selector, x64.PMULLW, one(selector, extend, left), one(selector, extend, right), 0, def);
  });

const productHigh8 = (extend: Encoding) =>
  sequence((selector, def, left, right) => {
    const upperLeft = one(selector, extend, one(selector, x64.PSHUFD, left, UPPER_HALF));
    const upperRight = one(selector, extend, one(selector, x64.PSHUFD, right, UPPER_HALF));
    two(selector, x64.PMULLW, upperLeft, upperRight, 0, def);
  });

/** The products' halves come apart, and are put together again. */
const product16 = (highHalves: Encoding, unpack: Encoding) =>
  sequence((selector, def, left, right) => {
    const low = two(selector, x64.PMULLW, left, right);
    const high = two(selector, highHalves, left, right);
    two(selector, unpack, low, high, 0, def);
  });

/** Lanes 0 and 1, or 2 and 3, to where the multiplication reads: the even ones. */
const product32 = (multiply: Encoding, lanes: number) =>
  sequence((selector, def, left, right) => {
    const [a, b] = [one(selector, x64.PSHUFD, left, lanes), one(selector, x64.PSHUFD, right, lanes)];
    two(selector, multiply, a, b, 0, def);
  });
const LOW_LANES = 0x50;
const HIGH_LANES = 0xfa;

/** -1 by -1 alone gives what does not fit, 0x8000: its bits are turned. */
const roundedProduct = sequence((selector, def, left, right) => {
  const product = two(selector, x64.PMULHRSW, left, right);
  const excess = withBits(selector, x64.PCMPEQW, product, inLanes(16, 0x8000n));
  two(selector, x64.PXOR, product, excess, 0, def);
});

// Sums of pairs: products with 1, added.

/** `pmaddubsw` takes its first operand as unsigned and its second as signed. */
const pairs8Signed = sequence((selector, def, source) => {
  two(selector, x64.PMADDUBSW, constant(selector, inLanes(8, 1n)), source, 0, def);
});
const pairs8Unsigned = sequence((selector, def, source) => {
  withBits(selector, x64.PMADDUBSW, source, inLanes(8, 1n), def);
});
const pairs16Signed = sequence((selector, def, source) => {
  withBits(selector, x64.PMADDWD, source, inLanes(16, 1n), def);
});
/** Moved into the signed range by 2^15 each, and the sums back by 2^16. */
const pairs16Unsigned = sequence((selector, def, source) => {
  const moved = withBits(selector, x64.PXOR, source, inLanes(16, 0x8000n));
  const sums = withBits(selector, x64.PMADDWD, moved, inLanes(16, 1n));
  withBits(selector, x64.PADDD, sums, inLanes(32, 0x1_0000n), def);
});

/** The bits that each number of four bits has, for `pshufb` to look up. */
const BITS_OF_NIBBLE = 0x0403_0302_0302_0201_0302_0201_0201_0100n;

const countBits = sequence((selector, def, source) => {
  const low = withBits(selector, x64.PAND, source, inLanes(8, 0x0fn));
  const upper = withBits(selector, x64.PAND, shifted(selector, x64.PSRLW.imm8, source, 4), inLanes(8, 0x0fn));
  const table = constant(selector, BITS_OF_NIBBLE);
  const lowCount = two(selector, x64.PSHUFB, table, low);
  const upperCount = two(selector, x64.PSHUFB, table, upper);
  two(selector, x64.PADDB, lowCount, upperCount, 0, def);
});

export const INTEGER_VECTOR_RULES: Rules = [
  row(0x4d, not),
  row(0x52, bitselect),
  ...comparisons(0x23, EXTREMA_8),
  ...comparisons(0x2d, EXTREMA_16),
  ...comparisons(0x37, EXTREMA_32),
  row(0xd7, notEqual(x64.PCMPEQQ)),
  row(0xda, lessOrEqual64),
  row(0xdb, greaterOrEqual64),
  row(0x61, negate(x64.PSUBB)),
  row(0x81, negate(x64.PSUBW)),
  row(0xa1, negate(x64.PSUBD)),
  row(0xc1, negate(x64.PSUBQ)),
  row(0xc0, absolute64),
  row(0x62, countBits),
  row(0x7c, pairs8Signed),
  row(0x7d, pairs8Unsigned),
  row(0x7e, pairs16Signed),
  row(0x7f, pairs16Unsigned),
  row(0x82, roundedProduct),
  row(0x88, extendHigh(x64.PMOVSXBW)),
  row(0x8a, extendHigh(x64.PMOVZXBW)),
  row(0xa8, extendHigh(x64.PMOVSXWD)),
  row(0xaa, extendHigh(x64.PMOVZXWD)),
  row(0xc8, extendHigh(x64.PMOVSXDQ)),
  row(0xca, extendHigh(x64.PMOVZXDQ)),
  row(0x9c, productLow8(x64.PMOVSXBW)),
  row(0x9d, productHigh8(x64.PMOVSXBW)),
  row(0x9e, productLow8(x64.PMOVZXBW)),
  row(0x9f, productHigh8(x64.PMOVZXBW)),
  row(0xbc, product16(x64.PMULHW, x64.PUNPCKLWD)),
  row(0xbd, product16(x64.PMULHW, x64.PUNPCKHWD)),
  row(0xbe, product16(x64.PMULHUW, x64.PUNPCKLWD)),
  row(0xbf, product16(x64.PMULHUW, x64.PUNPCKHWD)),
  row(0xdc, product32(x64.PMULDQ, LOW_LANES)),
  row(0xdd, product32(x64.PMULDQ, HIGH_LANES)),
  row(0xde, product32(x64.PMULUDQ, LOW_LANES)),
  row(0xdf, product32(x64.PMULUDQ, HIGH_LANES)),
  row(0xd5, multiply64),
];
