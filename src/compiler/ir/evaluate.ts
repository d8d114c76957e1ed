/**
 * Integer operations on constants, done now. Floats are left to the machine: its NaNs and roundings are the ones
 * that count, and producers fold them anyway.
 */
import { ValueType } from "../../abi/wasm.ts";
import type { Maker } from "./maker.ts";
import type { Value } from "./graph.ts";
import { Op } from "./tables/op.ts";

/** The constant that `value` is, if its arguments are integer constants and it cannot trap. */
export function evaluate(value: Value, maker: Maker): Value | undefined {
  const [left, right] = value.args;
  if (left === undefined || !left.isConstant || value.args.length > 2) return undefined;
  if (right !== undefined && !right.isConstant) return undefined;
  if (left.type === ValueType.I32) return evaluate32(value, maker);
  return left.type === ValueType.I64 ? evaluate64(value, maker) : undefined;
}

function evaluate32(value: Value, maker: Maker): Value | undefined {
  const a = value.args[0]!.immediate;
  if (value.op === Op.I64ExtendI32S) return maker.constantOf(ValueType.I64, BigInt(a));
  if (value.op === Op.I64ExtendI32U) return maker.constantOf(ValueType.I64, BigInt(a >>> 0));
  const operation = I32.get(value.op);
  if (operation === undefined) return undefined;
  return maker.i32(operation(a, value.args[1]?.immediate ?? 0));
}

function evaluate64(value: Value, maker: Maker): Value | undefined {
  const a = value.args[0]!.big;
  const b = value.args[1]?.big ?? 0n;
  if (value.op === Op.I32WrapI64) return maker.i32(Number(BigInt.asIntN(32, a)));
  if (value.op === Op.I64Eqz) return maker.i32(a === 0n ? 1 : 0);
  const comparison = I64_COMPARE.get(value.op);
  if (comparison !== undefined) return maker.i32(comparison(a, b) ? 1 : 0);
  const operation = I64.get(value.op);
  return operation === undefined ? undefined : maker.constantOf(ValueType.I64, operation(a, b));
}

const bool = (test: boolean): number => (test ? 1 : 0);

const I32: ReadonlyMap<number, (a: number, b: number) => number> = new Map<
  number,
  (a: number, b: number) => number
>([
  [Op.I32Eqz, (a) => bool(a === 0)],
  [Op.I32Eq, (a, b) => bool(a === b)],
  [Op.I32Ne, (a, b) => bool(a !== b)],
  [Op.I32LtS, (a, b) => bool(a < b)],
  [Op.I32LtU, (a, b) => bool(a >>> 0 < b >>> 0)],
  [Op.I32GtS, (a, b) => bool(a > b)],
  [Op.I32GtU, (a, b) => bool(a >>> 0 > b >>> 0)],
  [Op.I32LeS, (a, b) => bool(a <= b)],
  [Op.I32LeU, (a, b) => bool(a >>> 0 <= b >>> 0)],
  [Op.I32GeS, (a, b) => bool(a >= b)],
  [Op.I32GeU, (a, b) => bool(a >>> 0 >= b >>> 0)],
  [Op.I32Clz, (a) => Math.clz32(a)],
  [Op.I32Ctz, (a) => (a === 0 ? 32 : 31 - Math.clz32(a & -a))],
  [Op.I32Add, (a, b) => a + b],
  [Op.I32Sub, (a, b) => a - b],
  [Op.I32Mul, (a, b) => Math.imul(a, b)],
  [Op.I32And, (a, b) => a & b],
  [Op.I32Or, (a, b) => a | b],
  [Op.I32Xor, (a, b) => a ^ b],
  [Op.I32Shl, (a, b) => a << b],
  [Op.I32ShrS, (a, b) => a >> b],
  [Op.I32ShrU, (a, b) => a >>> b],
  [Op.I32Rotl, (a, b) => (a << b) | (a >>> -b)],
  [Op.I32Rotr, (a, b) => (a >>> b) | (a << -b)],
  [Op.I32Extend8S, (a) => (a << 24) >> 24],
  [Op.I32Extend16S, (a) => (a << 16) >> 16],
]);

const I64_COMPARE: ReadonlyMap<number, (a: bigint, b: bigint) => boolean> = new Map<
  number,
  (a: bigint, b: bigint) => boolean
>([
  [Op.I64Eq, (a, b) => a === b],
  [Op.I64Ne, (a, b) => a !== b],
  [Op.I64LtS, (a, b) => a < b],
  [Op.I64GtS, (a, b) => a > b],
  [Op.I64LeS, (a, b) => a <= b],
  [Op.I64GeS, (a, b) => a >= b],
  [Op.I64LtU, (a, b) => BigInt.asUintN(64, a) < BigInt.asUintN(64, b)],
  [Op.I64GtU, (a, b) => BigInt.asUintN(64, a) > BigInt.asUintN(64, b)],
  [Op.I64LeU, (a, b) => BigInt.asUintN(64, a) <= BigInt.asUintN(64, b)],
  [Op.I64GeU, (a, b) => BigInt.asUintN(64, a) >= BigInt.asUintN(64, b)],
]);

const I64: ReadonlyMap<number, (a: bigint, b: bigint) => bigint> = new Map<
  number,
  (a: bigint, b: bigint) => bigint
>([
  [Op.I64Add, (a, b) => a + b],
  [Op.I64Sub, (a, b) => a - b],
  [Op.I64Mul, (a, b) => a * b],
  [Op.I64And, (a, b) => a & b],
  [Op.I64Or, (a, b) => a | b],
  [Op.I64Xor, (a, b) => a ^ b],
  [Op.I64Shl, (a, b) => a << (b & 63n)],
  [Op.I64ShrS, (a, b) => a >> (b & 63n)],
  [Op.I64ShrU, (a, b) => BigInt.asUintN(64, a) >> (b & 63n)],
  [Op.I64Extend8S, (a) => BigInt.asIntN(8, a)],
  [Op.I64Extend16S, (a) => BigInt.asIntN(16, a)],
  [Op.I64Extend32S, (a) => BigInt.asIntN(32, a)],
]);
