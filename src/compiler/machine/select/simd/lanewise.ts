/** Rules for vector instructions that one instruction does: a table. */
import type { Encoding } from "../../../../x64/encoding.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import type { Value } from "../../../ir/graph.ts";
import { Op } from "../../../ir/tables/op.ts";
import { prefersSwap } from "../operand.ts";
import type { Rule } from "../selector.ts";
import { setVector, type Rules } from "./steps.ts";

/** left op right. */
function inOrder(encoding: Encoding, immediate = 0): Rule {
  return (selector, value) => {
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(value.args[0]!);
    instruction.immediate = immediate;
    setVector(selector, instruction, value.args[1]!);
    selector.emit(instruction);
  };
}

/** right op left. */
function swapped(encoding: Encoding, immediate = 0): Rule {
  return (selector, value) => {
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(value.args[1]!);
    instruction.immediate = immediate;
    setVector(selector, instruction, value.args[0]!);
    selector.emit(instruction);
  };
}

/** In whichever order is cheaper. */
function either(encoding: Encoding, immediate = 0): Rule {
  const [straight, reversed] = [inOrder(encoding, immediate), swapped(encoding, immediate)];
  return (selector, value) => {
    const [left, right] = value.args as [Value, Value];
    (prefersSwap(selector, left, right) ? reversed : straight)(selector, value);
  };
}

/** op source, into any register. */
function unary(encoding: Encoding, immediate = 0): Rule {
  return (selector, value) => {
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    instruction.rm = selector.use(value.args[0]!);
    instruction.immediate = immediate;
    selector.emit(instruction);
  };
}

/** cmpps, cmppd. */
const enum Predicate {
  Equal = 0,
  Less = 1,
  LessOrEqual = 2,
  NotEqual = 4,
}

/** roundps, roundpd; without the inexact exception. */
const enum Rounding {
  Nearest = 8,
  Down = 9,
  Up = 10,
  Zero = 11,
}

const row = (n: number, rule: Rule): readonly [number, Rule] => [Op.Simd + n, rule];

const LOGIC: Rules = [
  row(0x4e, either(x64.PAND)),
  row(0x4f, swapped(x64.PANDN)), // andnot: a and not b; the instruction inverts its first operand
  row(0x50, either(x64.POR)),
  row(0x51, either(x64.PXOR)),
];

const COMPARISONS: Rules = [
  row(0x23, either(x64.PCMPEQB)),
  row(0x25, swapped(x64.PCMPGTB)), // lt_s
  row(0x27, inOrder(x64.PCMPGTB)),
  row(0x2d, either(x64.PCMPEQW)),
  row(0x2f, swapped(x64.PCMPGTW)),
  row(0x31, inOrder(x64.PCMPGTW)),
  row(0x37, either(x64.PCMPEQD)),
  row(0x39, swapped(x64.PCMPGTD)),
  row(0x3b, inOrder(x64.PCMPGTD)),
  row(0xd6, either(x64.PCMPEQQ)),
  row(0xd8, swapped(x64.PCMPGTQ)),
  row(0xd9, inOrder(x64.PCMPGTQ)),
  row(0x41, either(x64.CMPPS, Predicate.Equal)),
  row(0x42, either(x64.CMPPS, Predicate.NotEqual)),
  row(0x43, inOrder(x64.CMPPS, Predicate.Less)),
  row(0x44, swapped(x64.CMPPS, Predicate.Less)), // gt
  row(0x45, inOrder(x64.CMPPS, Predicate.LessOrEqual)),
  row(0x46, swapped(x64.CMPPS, Predicate.LessOrEqual)), // ge
  row(0x47, either(x64.CMPPD, Predicate.Equal)),
  row(0x48, either(x64.CMPPD, Predicate.NotEqual)),
  row(0x49, inOrder(x64.CMPPD, Predicate.Less)),
  row(0x4a, swapped(x64.CMPPD, Predicate.Less)),
  row(0x4b, inOrder(x64.CMPPD, Predicate.LessOrEqual)),
  row(0x4c, swapped(x64.CMPPD, Predicate.LessOrEqual)),
];

const INTEGERS: Rules = [
  row(0x60, unary(x64.PABSB)),
  row(0x65, inOrder(x64.PACKSSWB)), // i8x16.narrow_i16x8_s
  row(0x66, inOrder(x64.PACKUSWB)),
  row(0x6e, either(x64.PADDB)),
  row(0x6f, either(x64.PADDSB)),
  row(0x70, either(x64.PADDUSB)),
  row(0x71, inOrder(x64.PSUBB)),
  row(0x72, inOrder(x64.PSUBSB)),
  row(0x73, inOrder(x64.PSUBUSB)),
  row(0x76, either(x64.PMINSB)),
  row(0x77, either(x64.PMINUB)),
  row(0x78, either(x64.PMAXSB)),
  row(0x79, either(x64.PMAXUB)),
  row(0x7b, either(x64.PAVGB)),
  row(0x80, unary(x64.PABSW)),
  row(0x85, inOrder(x64.PACKSSDW)), // i16x8.narrow_i32x4_s
  row(0x86, inOrder(x64.PACKUSDW)),
  row(0x87, unary(x64.PMOVSXBW)), // i16x8.extend_low_i8x16_s
  row(0x89, unary(x64.PMOVZXBW)),
  row(0x8e, either(x64.PADDW)),
  row(0x8f, either(x64.PADDSW)),
  row(0x90, either(x64.PADDUSW)),
  row(0x91, inOrder(x64.PSUBW)),
  row(0x92, inOrder(x64.PSUBSW)),
  row(0x93, inOrder(x64.PSUBUSW)),
  row(0x95, either(x64.PMULLW)),
  row(0x96, either(x64.PMINSW)),
  row(0x97, either(x64.PMINUW)),
  row(0x98, either(x64.PMAXSW)),
  row(0x99, either(x64.PMAXUW)),
  row(0x9b, either(x64.PAVGW)),
  row(0xa0, unary(x64.PABSD)),
  row(0xa7, unary(x64.PMOVSXWD)), // i32x4.extend_low_i16x8_s
  row(0xa9, unary(x64.PMOVZXWD)),
  row(0xae, either(x64.PADDD)),
  row(0xb1, inOrder(x64.PSUBD)),
  row(0xb5, either(x64.PMULLD)),
  row(0xb6, either(x64.PMINSD)),
  row(0xb7, either(x64.PMINUD)),
  row(0xb8, either(x64.PMAXSD)),
  row(0xb9, either(x64.PMAXUD)),
  row(0xba, either(x64.PMADDWD)), // i32x4.dot_i16x8_s
  row(0xc7, unary(x64.PMOVSXDQ)), // i64x2.extend_low_i32x4_s
  row(0xc9, unary(x64.PMOVZXDQ)),
  row(0xce, either(x64.PADDQ)),
  row(0xd1, inOrder(x64.PSUBQ)),
];

const FLOATS: Rules = [
  row(0x67, unary(x64.ROUNDPS, Rounding.Up)),
  row(0x68, unary(x64.ROUNDPS, Rounding.Down)),
  row(0x69, unary(x64.ROUNDPS, Rounding.Zero)),
  row(0x6a, unary(x64.ROUNDPS, Rounding.Nearest)),
  row(0x74, unary(x64.ROUNDPD, Rounding.Up)),
  row(0x75, unary(x64.ROUNDPD, Rounding.Down)),
  row(0x7a, unary(x64.ROUNDPD, Rounding.Zero)),
  row(0x94, unary(x64.ROUNDPD, Rounding.Nearest)),
  row(0xe3, unary(x64.SQRTPS)),
  row(0xe4, either(x64.ADDPS)),
  row(0xe5, inOrder(x64.SUBPS)),
  row(0xe6, either(x64.MULPS)),
  row(0xe7, inOrder(x64.DIVPS)),
  // pmin is b < a ? b : a, which is what the instruction does with its operands the other way round.
  row(0xea, swapped(x64.MINPS)),
  row(0xeb, swapped(x64.MAXPS)),
  row(0xef, unary(x64.SQRTPD)),
  row(0xf0, either(x64.ADDPD)),
  row(0xf1, inOrder(x64.SUBPD)),
  row(0xf2, either(x64.MULPD)),
  row(0xf3, inOrder(x64.DIVPD)),
  row(0xf6, swapped(x64.MINPD)),
  row(0xf7, swapped(x64.MAXPD)),
  row(0x5e, unary(x64.CVTPD2PS)), // f32x4.demote_f64x2_zero
  row(0x5f, unary(x64.CVTPS2PD)), // f64x2.promote_low_f32x4
  row(0xfa, unary(x64.CVTDQ2PS)), // f32x4.convert_i32x4_s
  row(0xfe, unary(x64.CVTDQ2PD)), // f64x2.convert_low_i32x4_s
];

export const LANEWISE_RULES: Rules = [...LOGIC, ...COMPARISONS, ...INTEGERS, ...FLOATS];
