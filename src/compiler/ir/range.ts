/** Upper bounds of unsigned values, as far as the operations tell: what proves that an address does not wrap. */
import { ValueType } from "../../abi/wasm.ts";
import type { Value } from "./graph.ts";
import { isComparison } from "./comparison.ts";
import { Op } from "./tables/op.ts";

const DEPTH_LIMIT = 6;
const MAXIMUM_32 = 0xffff_ffff;

/** No unsigned value of this i32 is larger. */
export function upperBound(value: Value, depth = DEPTH_LIMIT): number {
  if (value.type !== ValueType.I32 || depth === 0) return MAXIMUM_32;
  if (value.isConstant) return value.immediate >>> 0;
  if (isComparison(value.op)) return 1;
  return BOUNDS.get(value.op)?.(value, depth - 1) ?? MAXIMUM_32;
}

type Bound = (value: Value, depth: number) => number;

const constant = (value: Value | undefined): number | undefined =>
  value?.isConstant === true ? value.immediate >>> 0 : undefined;

const and: Bound = ({ args }, depth) => Math.min(upperBound(args[0]!, depth), upperBound(args[1]!, depth));

/** The smallest 2^n - 1 that is not below. */
const mask = (bound: number): number => (bound === 0 ? 0 : 2 ** (32 - Math.clz32(bound)) - 1);

const or: Bound = ({ args }, depth) =>
  mask(Math.max(upperBound(args[0]!, depth), upperBound(args[1]!, depth)));

const add: Bound = ({ args }, depth) => {
  const sum = upperBound(args[0]!, depth) + upperBound(args[1]!, depth);
  return sum > MAXIMUM_32 ? MAXIMUM_32 : sum;
};

const shiftLeft: Bound = ({ args }, depth) => {
  const count = constant(args[1]);
  if (count === undefined) return MAXIMUM_32;
  const shifted = upperBound(args[0]!, depth) * 2 ** (count & 31);
  return shifted > MAXIMUM_32 ? MAXIMUM_32 : shifted;
};

const shiftRight: Bound = ({ args }, depth) => {
  const count = constant(args[1]);
  return Math.floor(upperBound(args[0]!, depth) / 2 ** ((count ?? 0) & 31));
};

const multiply: Bound = ({ args }, depth) => {
  const product = upperBound(args[0]!, depth) * upperBound(args[1]!, depth);
  return product > MAXIMUM_32 ? MAXIMUM_32 : product;
};

/** wrap(x >> n): at most 64 - n bits. */
const wrap: Bound = ({ args }) => {
  const source = args[0]!;
  if (source.op === Op.I64ShrU && source.args[1]!.isConstant) {
    const count = Number(source.args[1]!.big & 63n);
    if (count > 32) return 2 ** (64 - count) - 1;
  }
  if (source.op === Op.I64And && source.args[1]!.isConstant) {
    const bits = source.args[1]!.big;
    if (bits >= 0n && bits <= 0xffff_ffffn) return Number(bits);
  }
  return MAXIMUM_32;
};

const BOUNDS: ReadonlyMap<number, Bound> = new Map<number, Bound>([
  [Op.I32And, and],
  [Op.I32Or, or],
  [Op.I32Xor, or],
  [Op.I32Add, add],
  [Op.I32Mul, multiply],
  [Op.I32Shl, shiftLeft],
  [Op.I32ShrU, shiftRight],
  [Op.I32Load8U, () => 0xff],
  [Op.I32Load16U, () => 0xffff],
  [Op.I32RemU, ({ args }, depth) => Math.max(0, upperBound(args[1]!, depth) - 1)],
  [Op.I32DivU, ({ args }, depth) => upperBound(args[0]!, depth)],
  [Op.I32Clz, () => 32],
  [Op.I32Ctz, () => 32],
  [Op.I32Popcnt, () => 32],
  [Op.Select, ({ args }, depth) => Math.max(upperBound(args[0]!, depth), upperBound(args[1]!, depth))],
  [Op.I32WrapI64, wrap],
]);
