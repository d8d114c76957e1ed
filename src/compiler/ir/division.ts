/**
 * Division and remainder by constants, without dividing.
 *
 * By 2^k: shifts. Otherwise by multiplication with a scaled reciprocal (Granlund and Montgomery, "Division by
 * Invariant Integers using Multiplication", 1994). 32-bit operands are extended, so that one 64-bit product holds
 * all that is needed; 64-bit ones take the upper half of a 128-bit product. Divisors 0 and -1 can trap and stay.
 */
import { ValueType } from "../../abi/wasm.ts";
import { exponentOf, integerOf, type Maker } from "./maker.ts";
import type { Value } from "./graph.ts";
import { Op } from "./tables/op.ts";

const I32 = ValueType.I32;
const I64 = ValueType.I64;

interface Width {
  readonly type: ValueType;
  readonly bits: number;
  readonly add: number;
  readonly sub: number;
  readonly mul: number;
  readonly and: number;
  readonly shl: number;
  readonly shrS: number;
  readonly shrU: number;
}

const W32: Width = {
  type: I32,
  bits: 32,
  add: Op.I32Add,
  sub: Op.I32Sub,
  mul: Op.I32Mul,
  and: Op.I32And,
  shl: Op.I32Shl,
  shrS: Op.I32ShrS,
  shrU: Op.I32ShrU,
};
const W64: Width = {
  type: I64,
  bits: 64,
  add: Op.I64Add,
  sub: Op.I64Sub,
  mul: Op.I64Mul,
  and: Op.I64And,
  shl: Op.I64Shl,
  shrS: Op.I64ShrS,
  shrU: Op.I64ShrU,
};

/** What `value`, a division or remainder, equals if its divisor is a suitable constant. */
export function divisionByConstant(value: Value, maker: Maker): Value | undefined {
  const [dividend, right] = value.args as [Value, Value];
  const divisor = integerOf(right);
  if (divisor === undefined) return undefined;
  const width = value.type === I32 ? W32 : W64;
  const signed = [Op.I32DivS, Op.I32RemS, Op.I64DivS, Op.I64RemS].includes(value.op);
  const remainder = [Op.I32RemS, Op.I32RemU, Op.I64RemS, Op.I64RemU].includes(value.op);
  return new Division(dividend, width, maker).by(divisor, signed, remainder);
}

/** Builds the quotients of one dividend. */
class Division {
  private readonly x: Value;
  private readonly width: Width;
  private readonly maker: Maker;

  constructor(dividend: Value, width: Width, maker: Maker) {
    this.x = dividend;
    this.width = width;
    this.maker = maker;
  }

  by(divisor: bigint, signed: boolean, remainder: boolean): Value | undefined {
    const { width, x } = this;
    const d = signed ? divisor : BigInt.asUintN(width.bits, divisor);
    if (d === 0n || d === -1n) return undefined;
    if (d === 1n) return remainder ? this.constant(0n) : x;
    const exponent = exponentOf(d);
    if (!signed && exponent !== undefined && remainder) return this.make(width.and, x, this.constant(d - 1n));
    const quotient = signed ? this.signed(d) : this.unsigned(d, exponent);
    if (!remainder) return quotient;
    return this.make(width.sub, x, this.make(width.mul, quotient, this.constant(d)));
  }

  private make(op: number, left: Value, right: Value): Value {
    return this.maker.emit(op, this.width.type, [left, right]);
  }

  private constant(bits: bigint): Value {
    return this.maker.constantOf(this.width.type, bits);
  }

  private make64(op: number, left: Value, right: bigint): Value {
    return this.maker.emit(op, I64, [left, this.maker.constantOf(I64, right)]);
  }

  private narrow(value: Value): Value {
    return this.maker.emit(Op.I32WrapI64, I32, [value]);
  }

  private unsigned(d: bigint, exponent: number | undefined): Value {
    const { width, x, maker } = this;
    if (exponent !== undefined) return this.make(width.shrU, x, this.constant(BigInt(exponent)));
    const { multiplier, shift } = unsignedReciprocal(d, width.bits);
    if (width.bits === 32) {
      const wide = maker.emit(Op.I64ExtendI32U, I64, [x]);
      if (multiplier < 1n << 32n) {
        return this.narrow(
          this.make64(Op.I64ShrU, this.make64(Op.I64Mul, wide, multiplier), BigInt(32 + shift)),
        );
      }
      // 33 bits: ceil(2^64 / d) is exact for every 32-bit dividend.
      return this.narrow(this.make64(Op.I64MulHighU, wide, (1n << 64n) / d + 1n));
    }
    if (multiplier < 1n << 64n) {
      return this.make64(Op.I64ShrU, this.make64(Op.I64MulHighU, x, multiplier), BigInt(shift));
    }
    // 65 bits: the top bit is added by hand, halving first so that nothing overflows.
    const high = this.make64(Op.I64MulHighU, x, multiplier - (1n << 64n));
    const half = this.make64(Op.I64ShrU, this.make(Op.I64Sub, x, high), 1n);
    return this.make64(Op.I64ShrU, this.make(Op.I64Add, half, high), BigInt(shift - 1));
  }

  private signed(d: bigint): Value {
    const { width, x } = this;
    const positive = d < 0n ? -d : d;
    const exponent = exponentOf(positive);
    const quotient =
      exponent === undefined ? this.signedByReciprocal(positive) : this.signedByShift(BigInt(exponent), x);
    return d < 0n ? this.make(width.sub, this.constant(0n), quotient) : quotient;
  }

  /** Rounds towards zero: a negative dividend gets 2^k - 1 first. */
  private signedByShift(k: bigint, x: Value): Value {
    const { width } = this;
    const top = BigInt(width.bits);
    const sign = this.make(width.shrS, x, this.constant(top - 1n));
    const bias = this.make(width.shrU, sign, this.constant(top - k));
    return this.make(width.shrS, this.make(width.add, x, bias), this.constant(k));
  }

  private signedByReciprocal(d: bigint): Value {
    const { width, x, maker } = this;
    const log = BigInt(d.toString(2).length); // ceil(log2 d), since d is no power of two
    const multiplier = (1n << (BigInt(width.bits) - 1n + log)) / d + 1n;
    const sign = this.make(width.shrS, x, this.constant(BigInt(width.bits - 1)));
    if (width.bits === 32) {
      const product = this.make64(Op.I64Mul, maker.emit(Op.I64ExtendI32S, I64, [x]), multiplier);
      const quotient = this.narrow(this.make64(Op.I64ShrS, product, 31n + log));
      return this.make(Op.I32Sub, quotient, sign);
    }
    const high = this.make64(Op.I64MulHighS, x, multiplier - (1n << 64n));
    const sum = this.make(Op.I64Add, high, x);
    return this.make(Op.I64Sub, this.make64(Op.I64ShrS, sum, log - 1n), sign);
  }
}

/** The smallest shift at which floor(x * multiplier / 2^(bits + shift)) is x / d for all x of `bits` bits. */
function unsignedReciprocal(d: bigint, bits: number): { multiplier: bigint; shift: number } {
  const log = d.toString(2).length;
  for (let shift = 0; shift < log; shift++) {
    const power = 1n << BigInt(bits + shift);
    const multiplier = power / d + 1n;
    if (multiplier * d - power <= 1n << BigInt(shift)) return { multiplier, shift };
  }
  return { multiplier: (1n << BigInt(bits + log)) / d + 1n, shift: log };
}
