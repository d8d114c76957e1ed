/**
 * Two comparisons that ask whether a value lies in an interval, as one: lo <= x <= hi is x - lo <= hi - lo, unsigned,
 * since what lies below lo wraps to something large. The same for the outside, and for signed bounds.
 */
import { ValueType } from "../../abi/wasm.ts";
import { integerOf, type Maker } from "./maker.ts";
import type { Value } from "./graph.ts";
import { Op } from "./tables/op.ts";

/** How a comparison with a constant c bounds its operand: what holds is `x >= c + offset` or `x <= c + offset`. */
interface Bound {
  readonly isLower: boolean;
  readonly isSigned: boolean;
  readonly offset: bigint;
}

const lower = (isSigned: boolean, offset: bigint): Bound => ({ isLower: true, isSigned, offset });
const upper = (isSigned: boolean, offset: bigint): Bound => ({ isLower: false, isSigned, offset });

const BOUNDS: ReadonlyMap<number, Bound> = new Map<number, Bound>([
  [Op.I32GeU, lower(false, 0n)],
  [Op.I32GtU, lower(false, 1n)],
  [Op.I32LeU, upper(false, 0n)],
  [Op.I32LtU, upper(false, -1n)],
  [Op.I32GeS, lower(true, 0n)],
  [Op.I32GtS, lower(true, 1n)],
  [Op.I32LeS, upper(true, 0n)],
  [Op.I32LtS, upper(true, -1n)],
  [Op.I64GeU, lower(false, 0n)],
  [Op.I64GtU, lower(false, 1n)],
  [Op.I64LeU, upper(false, 0n)],
  [Op.I64LtU, upper(false, -1n)],
  [Op.I64GeS, lower(true, 0n)],
  [Op.I64GtS, lower(true, 1n)],
  [Op.I64LeS, upper(true, 0n)],
  [Op.I64LtS, upper(true, -1n)],
]);

/** `value` is the `and` (inside) or `or` (outside) of two comparisons. */
export function intervalTest(value: Value, maker: Maker): Value | undefined {
  const [left, right] = value.args as [Value, Value];
  const x = left.args[0];
  if (x === undefined || right.args[0] !== x) return undefined;
  const inside = value.op === Op.I32And;
  const first = limitOf(left, inside);
  const second = limitOf(right, inside);
  if (first === undefined || second === undefined || first.isLower === second.isLower) return undefined;
  if (first.isSigned !== second.isSigned) return undefined;
  const [lo, hi] = first.isLower ? [first.limit, second.limit] : [second.limit, first.limit];
  if (lo > hi) return undefined;
  const isNarrow = x.type === ValueType.I32;
  const distance = maker.emit(isNarrow ? Op.I32Sub : Op.I64Sub, x.type, [
    x,
    maker.constantOf(x.type as ValueType, lo),
  ]);
  const op = inside ? (isNarrow ? Op.I32LeU : Op.I64LeU) : isNarrow ? Op.I32GtU : Op.I64GtU;
  return maker.emit(op, ValueType.I32, [distance, maker.constantOf(x.type as ValueType, hi - lo)]);
}

/** The interval's limit that a comparison names; for the outside, that of its opposite. */
function limitOf(comparison: Value, inside: boolean) {
  const bound = BOUNDS.get(comparison.op);
  const constant = bound === undefined ? undefined : integerOf(comparison.args[1]!);
  if (bound === undefined || constant === undefined) return undefined;
  const bits = comparison.args[0]!.type === ValueType.I32 ? 32 : 64;
  const number = bound.isSigned ? constant : BigInt.asUintN(bits, constant);
  if (inside) return { isLower: bound.isLower, isSigned: bound.isSigned, limit: number + bound.offset };
  // Outside: not (x < c) is x >= c, and so on.
  const limit = number + bound.offset + (bound.isLower ? -1n : 1n);
  return { isLower: !bound.isLower, isSigned: bound.isSigned, limit };
}
