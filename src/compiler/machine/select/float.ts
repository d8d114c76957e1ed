/** Rules for f32 and f64 arithmetic. Conversions between floats and integers are in `conversion.ts`. */
import { ValueType } from "../../../abi/wasm.ts";
import type { Encoding } from "../../../x64/encoding.ts";
import { Condition } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, type Write } from "../instruction.ts";
import { prefersSwap, setRm } from "./operand.ts";
import type { Rule, Selector } from "./selector.ts";

const SIGN_32 = 0x8000_0000n;
const SIGN_64 = 0x8000_0000_0000_0000n;

function binary(encoding: Encoding, isCommutative: boolean): Rule {
  return (selector, value) => {
    let [left, right] = value.args as [Value, Value];
    if (isCommutative && prefersSwap(selector, left, right)) [left, right] = [right, left];
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(left);
    setRm(selector, instruction, right);
    selector.emit(instruction);
  };
}

/** `reg` <- `rm`. */
function unary(encoding: Encoding, immediate = 0): Rule {
  return (selector, value) => {
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    instruction.immediate = immediate;
    setRm(selector, instruction, value.args[0]!);
    selector.emit(instruction);
  };
}

/** A bitwise operation with a mask from read-only data, of 16 bytes as the instructions want it. */
function emitMasked(selector: Selector, encoding: Encoding, def: number, source: number, mask: bigint): void {
  const instruction = selector.make(encoding, 0);
  instruction.def = def;
  instruction.tied = source;
  instruction.address = Address.Constant;
  instruction.constant = selector.graph.make(Op.Constant, ValueType.V128, [], selector.graph.entry, 0, mask);
  selector.emit(instruction);
}

const withMask =
  (encoding: Encoding, mask: bigint): Rule =>
  (selector, value) =>
    emitMasked(selector, encoding, selector.define(value), selector.use(value.args[0]!), mask);

function copysign(sign: bigint): Rule {
  return (selector, value) => {
    const magnitude = selector.fresh(value.type);
    emitMasked(selector, x64.ANDPS, magnitude, selector.use(value.args[0]!), sign - 1n);
    const signOnly = selector.fresh(value.type);
    emitMasked(selector, x64.ANDPS, signOnly, selector.use(value.args[1]!), sign);
    const both = selector.make(x64.ORPS, value.place);
    both.def = selector.define(value);
    both.tied = magnitude;
    both.rm = signOnly;
    selector.emit(both);
  };
}

interface Extremum {
  readonly compare: Encoding;
  readonly choose: Encoding;
  /** Of equal operands: -0 is smaller than 0, which the bits tell. */
  readonly merge: Encoding;
  /** Of unordered ones: gives a quiet NaN. */
  readonly add: Encoding;
}

function extremum({ compare, choose, merge, add }: Extremum): Rule {
  const write: Write = ({ assembler, later }, { def, rm }) => {
    const [target, other] = [def & 15, rm & 15];
    const equal = assembler.label();
    const done = assembler.label();
    assembler.rr(compare, target, other);
    assembler.branch(Condition.Equal, equal);
    assembler.rr(choose, target, other);
    assembler.bind(done);
    later(() => {
      const ordered = assembler.label();
      assembler.bind(equal);
      assembler.branch(Condition.NotParity, ordered);
      assembler.rr(add, target, other);
      assembler.jump(done);
      assembler.bind(ordered);
      assembler.rr(merge, target, other);
      assembler.jump(done);
    });
  };
  return (selector, value) => {
    const instruction = selector.written(write, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(value.args[0]!);
    instruction.rm = selector.use(value.args[1]!);
  };
}

/** roundss, roundsd: 0 nearest, 1 down, 2 up, 3 towards zero; 8: no inexact exception. */
const enum Rounding {
  Nearest = 8,
  Down = 9,
  Up = 10,
  Zero = 11,
}

const min32 = { compare: x64.UCOMISS, choose: x64.MINSS, merge: x64.ORPS, add: x64.ADDSS };
const max32 = { compare: x64.UCOMISS, choose: x64.MAXSS, merge: x64.ANDPS, add: x64.ADDSS };
const min64 = { compare: x64.UCOMISD, choose: x64.MINSD, merge: x64.ORPS, add: x64.ADDSD };
const max64 = { compare: x64.UCOMISD, choose: x64.MAXSD, merge: x64.ANDPS, add: x64.ADDSD };

export const FLOAT_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  [Op.F32Abs, withMask(x64.ANDPS, SIGN_32 - 1n)],
  [Op.F32Neg, withMask(x64.XORPS, SIGN_32)],
  [Op.F32Ceil, unary(x64.ROUNDSS, Rounding.Up)],
  [Op.F32Floor, unary(x64.ROUNDSS, Rounding.Down)],
  [Op.F32Trunc, unary(x64.ROUNDSS, Rounding.Zero)],
  [Op.F32Nearest, unary(x64.ROUNDSS, Rounding.Nearest)],
  [Op.F32Sqrt, unary(x64.SQRTSS)],
  [Op.F32Add, binary(x64.ADDSS, true)],
  [Op.F32Sub, binary(x64.SUBSS, false)],
  [Op.F32Mul, binary(x64.MULSS, true)],
  [Op.F32Div, binary(x64.DIVSS, false)],
  [Op.F32Min, extremum(min32)],
  [Op.F32Max, extremum(max32)],
  [Op.F32Copysign, copysign(SIGN_32)],
  [Op.F64Abs, withMask(x64.ANDPS, SIGN_64 - 1n)],
  [Op.F64Neg, withMask(x64.XORPS, SIGN_64)],
  [Op.F64Ceil, unary(x64.ROUNDSD, Rounding.Up)],
  [Op.F64Floor, unary(x64.ROUNDSD, Rounding.Down)],
  [Op.F64Trunc, unary(x64.ROUNDSD, Rounding.Zero)],
  [Op.F64Nearest, unary(x64.ROUNDSD, Rounding.Nearest)],
  [Op.F64Sqrt, unary(x64.SQRTSD)],
  [Op.F64Add, binary(x64.ADDSD, true)],
  [Op.F64Sub, binary(x64.SUBSD, false)],
  [Op.F64Mul, binary(x64.MULSD, true)],
  [Op.F64Div, binary(x64.DIVSD, false)],
  [Op.F64Min, extremum(min64)],
  [Op.F64Max, extremum(max64)],
  [Op.F64Copysign, copysign(SIGN_64)],
];
