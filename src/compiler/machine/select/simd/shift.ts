/**
 * Rules for shifts of every lane by one count, which counts modulo the lane's width.
 *
 * There are no shifts of bytes, and no arithmetic shift of 64-bit lanes: bytes are shifted as words and freed of what
 * their neighbours shifted in; 64-bit lanes are shifted as unsigned and their sign extended.
 */
import { ValueType } from "../../../../abi/wasm.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import { Op } from "../../../ir/tables/op.ts";
import { Address } from "../../instruction.ts";
import type { Rule, Selector } from "../selector.ts";
import { inLanes, one, ones, shifted, two, withBits, zero, type Rules } from "./steps.ts";

type Shift = typeof x64.PSLLW;

/** By how much: a number, or the register of a number below the lane's width. */
type Count = number | { readonly register: number };

type Shifting = (selector: Selector, source: number, count: Count, def: number) => void;

/** `bits` is the lane's width. A shift by 0 is none. */
function shift(bits: number, write: Shifting): Rule {
  return (selector, value) => {
    const [source, count] = [value.args[0]!, value.args[1]!];
    const register = selector.use(source);
    const def = selector.define(value);
    if (!count.isConstant)
      return write(selector, register, emitCount(selector, selector.use(count), bits), def);
    const known = count.immediate & (bits - 1);
    if (known === 0) selector.move(def, register);
    else write(selector, register, known, def);
  };
}

function emitCount(selector: Selector, count: number, bits: number): Count {
  const instruction = selector.make(x64.AND32.rmImm8, 0);
  instruction.def = selector.fresh(ValueType.I32);
  instruction.tied = count;
  instruction.immediate = bits - 1;
  selector.emit(instruction);
  return { register: instruction.def };
}

/** def = source shifted by `count` + `more`. */
function emitShift(
  selector: Selector,
  rows: Shift,
  source: number,
  count: Count,
  more = 0,
  def = selector.fresh(ValueType.V128),
): number {
  if (typeof count === "number") return shifted(selector, rows.imm8, source, count + more, def);
  return two(selector, rows.regRm, source, emitVectorCount(selector, count.register, more), 0, def);
}

/** The instructions want their count in a vector register. */
function emitVectorCount(selector: Selector, count: number, more: number): number {
  if (more === 0) return one(selector, x64.MOVD.regRm, count);
  const sum = selector.make(x64.LEA32, 0);
  sum.def = selector.fresh(ValueType.I32);
  sum.address = Address.Plain;
  sum.base = count;
  sum.displacement = more;
  selector.emit(sum);
  return one(selector, x64.MOVD.regRm, sum.def);
}

const plain =
  (rows: Shift): Shifting =>
  (selector, source, count, def) =>
    void emitShift(selector, rows, source, count, 0, def);

// Bytes.

/** source and 0xff >> count, in every byte. */
function emitLowBits(selector: Selector, source: number, count: Count, def?: number): number {
  if (typeof count === "number")
    return withBits(selector, x64.PAND, source, inLanes(8, 0xffn >> BigInt(count)), def);
  const words = emitShift(selector, x64.PSRLW, ones(selector), count, 8);
  return two(selector, x64.PAND, two(selector, x64.PACKUSWB, words, words), source, 0, def);
}

const shiftLeft8: Shifting = (selector, source, count, def) => {
  // What would leave its byte is cleared before.
  if (count === 1) two(selector, x64.PADDB, source, source, 0, def);
  else emitShift(selector, x64.PSLLW, emitLowBits(selector, source, count), count, 0, def);
};

const shiftRight8: Shifting = (selector, source, count, def) => {
  emitLowBits(selector, emitShift(selector, x64.PSRLW, source, count), count, def);
};

/** In the upper bytes of words, and back into bytes. */
const shiftRightSigned8: Shifting = (selector, source, count, def) => {
  const low = two(selector, x64.PUNPCKLBW, source, source);
  const high = two(selector, x64.PUNPCKHBW, source, source);
  const lowShifted = emitShift(selector, x64.PSRAW, low, count, 8);
  const highShifted = emitShift(selector, x64.PSRAW, high, count, 8);
  two(selector, x64.PACKSSWB, lowShifted, highShifted, 0, def);
};

// 64 bits.

/** (x >>> count xor bit) - bit, where the bit is the one that the sign came to. */
const shiftRightSigned64: Shifting = (selector, source, count, def) => {
  if (count === 63) return void two(selector, x64.PCMPGTQ, zero(selector), source, 0, def);
  const bits = emitShift(selector, x64.PSRLQ, source, count);
  if (typeof count === "number") {
    const sign = inLanes(64, 1n << BigInt(63 - count));
    withBits(selector, x64.PSUBQ, withBits(selector, x64.PXOR, bits, sign), sign, def);
    return;
  }
  const top = shifted(selector, x64.PSLLQ.imm8, ones(selector), 63);
  const sign = emitShift(selector, x64.PSRLQ, top, count);
  two(selector, x64.PSUBQ, two(selector, x64.PXOR, bits, sign), sign, 0, def);
};

const row = (n: number, bits: number, write: Shifting): readonly [number, Rule] => [
  Op.Simd + n,
  shift(bits, write),
];

export const SHIFT_RULES: Rules = [
  row(0x6b, 8, shiftLeft8),
  row(0x6c, 8, shiftRightSigned8),
  row(0x6d, 8, shiftRight8),
  row(0x8b, 16, plain(x64.PSLLW)),
  row(0x8c, 16, plain(x64.PSRAW)),
  row(0x8d, 16, plain(x64.PSRLW)),
  row(0xab, 32, plain(x64.PSLLD)),
  row(0xac, 32, plain(x64.PSRAD)),
  row(0xad, 32, plain(x64.PSRLD)),
  row(0xcb, 64, plain(x64.PSLLQ)),
  row(0xcc, 64, shiftRightSigned64),
  row(0xcd, 64, plain(x64.PSRLQ)),
];
