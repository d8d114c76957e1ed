/**
 * Local simplification: an operation whose result is known, or that a cheaper one equals.
 *
 * Binaryen has done the large-scale work before us. What is here pays in machine code: constants to the right,
 * comparisons in one form, sums of constants together, division by constants as multiplication, conversions that
 * our registers make free. One rule per operation, in a table.
 *
 * Tests: fold.test.ts runs folded and unfolded functions side by side.
 */
import { ValueType } from "../../abi/wasm.ts";
import { evaluate } from "./evaluate.ts";
import { isComparison } from "./comparison.ts";
import { divisionByConstant } from "./division.ts";
import type { Value } from "./graph.ts";
import { intervalTest } from "./interval-test.ts";
import { exponentOf, integerOf, type Maker } from "./maker.ts";
import { Op } from "./tables/op.ts";

/** `value`, made but in no block yet: itself, or a value that equals it and is already placed. */
export function fold(value: Value, maker: Maker): Value {
  const known = evaluate(value, maker);
  if (known !== undefined) return known;
  if (COMMUTATIVE.has(value.op) && value.args[0]!.isConstant && !value.args[1]!.isConstant)
    value.args.reverse();
  return RULES.get(value.op)?.(value, maker) ?? value;
}

const COMMUTATIVE: ReadonlySet<number> = new Set<number>([
  Op.I32Add,
  Op.I32Mul,
  Op.I32And,
  Op.I32Or,
  Op.I32Xor,
  Op.I32Eq,
  Op.I32Ne,
  Op.I64Add,
  Op.I64Mul,
  Op.I64And,
  Op.I64Or,
  Op.I64Xor,
  Op.I64Eq,
  Op.I64Ne,
]);

export function isCommutative(op: number): boolean {
  return COMMUTATIVE.has(op);
}

type Rule = (value: Value, maker: Maker) => Value | undefined;

function constantLike(value: Value, bits: bigint, maker: Maker): Value {
  return maker.constantOf(value.type as ValueType, bits);
}

/** (x op a) op b is x op (a op b), for the associative ones. */
function joinConstants(
  value: Value,
  maker: Maker,
  join: (a: bigint, b: bigint) => bigint,
): Value | undefined {
  const [left, right] = value.args as [Value, Value];
  const outer = integerOf(right);
  if (outer === undefined || left.op !== value.op) return undefined;
  const inner = integerOf(left.args[1]!);
  if (inner === undefined) return undefined;
  return maker.emit(value.op, value.type, [left.args[0]!, constantLike(value, join(inner, outer), maker)]);
}

const add: Rule = (value, maker) =>
  integerOf(value.args[1]!) === 0n ? value.args[0] : joinConstants(value, maker, (a, b) => a + b);

function subtract(addOp: number): Rule {
  return (value, maker) => {
    const [left, right] = value.args as [Value, Value];
    if (left === right) return constantLike(value, 0n, maker);
    const constant = integerOf(right);
    if (constant === undefined) return undefined;
    return maker.emit(addOp, value.type, [left, constantLike(value, -constant, maker)]);
  };
}

function and(value: Value, maker: Maker): Value | undefined {
  const [left, right] = value.args as [Value, Value];
  if (left === right) return left;
  const mask = integerOf(right);
  if (mask === undefined) return value.op === Op.I32And ? intervalTest(value, maker) : undefined;
  if (mask === 0n) return right;
  if (mask === -1n) return left;
  const covered = NARROW_LOADS.get(left.op);
  if (covered !== undefined && (mask & covered) === covered) return left;
  return joinConstants(value, maker, (a, b) => a & b);
}

/** The bits that a zero-extending load can set. */
const NARROW_LOADS: ReadonlyMap<number, bigint> = new Map<number, bigint>([
  [Op.I32Load8U, 0xffn],
  [Op.I32Load16U, 0xffffn],
  [Op.I64Load8U, 0xffn],
  [Op.I64Load16U, 0xffffn],
  [Op.I64Load32U, 0xffff_ffffn],
  [Op.I64ExtendI32U, 0xffff_ffffn],
]);

const or: Rule = (value, maker) => {
  const [left, right] = value.args as [Value, Value];
  if (left === right || integerOf(right) === 0n) return left;
  if (integerOf(right) === -1n) return right;
  if (value.op === Op.I32Or && !right.isConstant) return intervalTest(value, maker);
  return joinConstants(value, maker, (a, b) => a | b);
};

const xor: Rule = (value, maker) => {
  const [left, right] = value.args as [Value, Value];
  if (left === right) return constantLike(value, 0n, maker);
  return integerOf(right) === 0n ? left : joinConstants(value, maker, (a, b) => a ^ b);
};

function multiply(shiftOp: number, bits: number): Rule {
  return (value, maker) => {
    const factor = integerOf(value.args[1]!);
    if (factor === undefined) return undefined;
    if (factor === 0n) return value.args[1];
    if (factor === 1n) return value.args[0];
    const exponent = exponentOf(BigInt.asUintN(bits, factor));
    if (exponent === undefined) return undefined;
    return maker.emit(shiftOp, value.type, [value.args[0]!, constantLike(value, BigInt(exponent), maker)]);
  };
}

const shift: Rule = (value, maker) => {
  const count = integerOf(value.args[1]!);
  if (count === undefined) return undefined;
  const width = value.type === ValueType.I32 ? 31n : 63n;
  if ((count & width) === 0n) return value.args[0];
  if ((count & width) === count) return undefined;
  return maker.emit(value.op, value.type, [value.args[0]!, constantLike(value, count & width, maker)]);
};

/** A comparison's opposite, both widths: eq ne, lt_s ge_s, lt_u ge_u, gt_s le_s, gt_u le_u. */
const OPPOSITES: ReadonlyMap<number, number> = new Map<number, number>(
  (
    [
      [Op.I32Eq, Op.I32Ne],
      [Op.I32LtS, Op.I32GeS],
      [Op.I32LtU, Op.I32GeU],
      [Op.I32GtS, Op.I32LeS],
      [Op.I32GtU, Op.I32LeU],
      [Op.I64Eq, Op.I64Ne],
      [Op.I64LtS, Op.I64GeS],
      [Op.I64LtU, Op.I64GeU],
      [Op.I64GtS, Op.I64LeS],
      [Op.I64GtU, Op.I64LeU],
      [Op.F32Eq, Op.F32Ne],
      [Op.F64Eq, Op.F64Ne],
    ] as const
  ).flatMap(([a, b]) => [
    [a, b],
    [b, a],
  ]),
);

const eqz: Rule = (value, maker) => {
  const argument = value.args[0]!;
  const opposite = OPPOSITES.get(argument.op);
  if (opposite !== undefined) return maker.emit(opposite, ValueType.I32, argument.args.slice());
  // Not not x is x where x is 0 or 1.
  const isNot = argument.op === Op.I32Eqz && isComparison(argument.args[0]!.op);
  return isNot ? argument.args[0] : undefined;
};

/** x = 0 is eqz x; x = x, x < x and the like are known. */
function compare(reflexive: boolean, eqzOp: number | undefined): Rule {
  return (value, maker) => {
    const [left, right] = value.args as [Value, Value];
    if (left === right) return maker.i32(reflexive ? 1 : 0);
    if (eqzOp !== undefined && integerOf(right) === 0n) return maker.emit(eqzOp, ValueType.I32, [left]);
    return undefined;
  };
}

/** Constants stand right; unsigned comparisons with 0 and 1 are equalities. */
function compareOrdered(reflexive: boolean, swapped: number, zero: number | undefined, one?: number): Rule {
  return (value, maker) => {
    const [left, right] = value.args as [Value, Value];
    if (left === right) return maker.i32(reflexive ? 1 : 0);
    if (left.isConstant) return maker.emit(swapped, ValueType.I32, [right, left]);
    const constant = integerOf(right);
    if (constant === 0n && zero !== undefined) return maker.emit(zero, ValueType.I32, [left, right]);
    if (constant === 1n && one !== undefined) {
      return maker.emit(one, ValueType.I32, [left, constantLike(left, 0n, maker)]);
    }
    return undefined;
  };
}

const select: Rule = (value) => {
  const [yes, no, condition] = value.args as [Value, Value, Value];
  if (yes === no) return yes;
  if (condition.isConstant) return condition.immediate !== 0 ? yes : no;
  return undefined;
};

const wrap: Rule = (value, maker) => {
  const argument = value.args[0]!;
  if (argument.op === Op.I64ExtendI32U || argument.op === Op.I64ExtendI32S) return argument.args[0];
  // The low half of a sum is the sum of the low halves.
  const narrow = NARROWED.get(argument.op);
  if (narrow === undefined) return undefined;
  const low = argument.args.map((each) => lowHalf(each));
  if (low.includes(undefined)) return undefined;
  return maker.emit(
    narrow,
    ValueType.I32,
    low.map((each) => each!(maker)),
  );
};

const NARROWED: ReadonlyMap<number, number> = new Map<number, number>([
  [Op.I64Add, Op.I32Add],
  [Op.I64Sub, Op.I32Sub],
  [Op.I64And, Op.I32And],
  [Op.I64Or, Op.I32Or],
  [Op.I64Xor, Op.I32Xor],
  [Op.I64Mul, Op.I32Mul],
]);

/** How to have the low half without an instruction. */
function lowHalf(value: Value): ((maker: Maker) => Value) | undefined {
  if (value.op === Op.I64ExtendI32U || value.op === Op.I64ExtendI32S) return () => value.args[0]!;
  const constant = integerOf(value);
  return constant === undefined ? undefined : (maker) => maker.i32(Number(BigInt.asIntN(32, constant)));
}

const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [Op.I32Add, add],
  [Op.I64Add, add],
  [Op.I32Sub, subtract(Op.I32Add)],
  [Op.I64Sub, subtract(Op.I64Add)],
  [Op.I32Mul, multiply(Op.I32Shl, 32)],
  [Op.I64Mul, multiply(Op.I64Shl, 64)],
  [Op.I32And, and],
  [Op.I64And, and],
  [Op.I32Or, or],
  [Op.I64Or, or],
  [Op.I32Xor, xor],
  [Op.I64Xor, xor],
  ...[Op.I32Shl, Op.I32ShrS, Op.I32ShrU, Op.I32Rotl, Op.I32Rotr].map((op) => [op, shift] as [number, Rule]),
  ...[Op.I64Shl, Op.I64ShrS, Op.I64ShrU, Op.I64Rotl, Op.I64Rotr].map((op) => [op, shift] as [number, Rule]),
  [Op.I32Eqz, eqz],
  [Op.I32Eq, compare(true, Op.I32Eqz)],
  [Op.I32Ne, compare(false, undefined)],
  [Op.I32LtS, compareOrdered(false, Op.I32GtS, undefined)],
  [Op.I32GtS, compareOrdered(false, Op.I32LtS, undefined)],
  [Op.I32LeS, compareOrdered(true, Op.I32GeS, undefined)],
  [Op.I32GeS, compareOrdered(true, Op.I32LeS, undefined)],
  [Op.I32LtU, compareOrdered(false, Op.I32GtU, undefined, Op.I32Eq)],
  [Op.I32GtU, compareOrdered(false, Op.I32LtU, Op.I32Ne)],
  [Op.I32LeU, compareOrdered(true, Op.I32GeU, Op.I32Eq)],
  [Op.I32GeU, compareOrdered(true, Op.I32LeU, undefined, Op.I32Ne)],
  [Op.I64Eq, compare(true, Op.I64Eqz)],
  [Op.I64Ne, compare(false, undefined)],
  [Op.I64LtS, compareOrdered(false, Op.I64GtS, undefined)],
  [Op.I64GtS, compareOrdered(false, Op.I64LtS, undefined)],
  [Op.I64LeS, compareOrdered(true, Op.I64GeS, undefined)],
  [Op.I64GeS, compareOrdered(true, Op.I64LeS, undefined)],
  [Op.I64LtU, compareOrdered(false, Op.I64GtU, undefined, Op.I64Eq)],
  [Op.I64GtU, compareOrdered(false, Op.I64LtU, Op.I64Ne)],
  [Op.I64LeU, compareOrdered(true, Op.I64GeU, Op.I64Eq)],
  [Op.I64GeU, compareOrdered(true, Op.I64LeU, undefined, Op.I64Ne)],
  [Op.Select, select],
  [Op.I32WrapI64, wrap],
  [Op.I32DivS, divisionByConstant],
  [Op.I32DivU, divisionByConstant],
  [Op.I32RemS, divisionByConstant],
  [Op.I32RemU, divisionByConstant],
  [Op.I64DivS, divisionByConstant],
  [Op.I64DivU, divisionByConstant],
  [Op.I64RemS, divisionByConstant],
  [Op.I64RemU, divisionByConstant],
]);
