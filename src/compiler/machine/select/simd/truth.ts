/** any_true and all_true as flags: for branches, which need no number, and for the rules that make one. */
import type { Encoding } from "../../../../x64/encoding.ts";
import { Condition } from "../../../../x64/register.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import type { Value } from "../../../ir/graph.ts";
import { Op } from "../../../ir/tables/op.ts";
import type { Selector } from "../selector.ts";
import { two, zero } from "./steps.ts";

const ANY_TRUE = Op.Simd + 0x53;
/** By the comparison that finds lanes equal to 0. */
const ALL_TRUE: ReadonlyMap<number, Encoding> = new Map([
  [Op.Simd + 0x63, x64.PCMPEQB],
  [Op.Simd + 0x83, x64.PCMPEQW],
  [Op.Simd + 0xa3, x64.PCMPEQD],
  [Op.Simd + 0xc3, x64.PCMPEQQ],
]);

export const TRUTH_OPS: readonly number[] = [ANY_TRUE, ...ALL_TRUE.keys()];

export function isTruth(op: number): boolean {
  return op === ANY_TRUE || ALL_TRUE.has(op);
}

/** Emits what sets the flags; gives the condition that holds when `value` is 1. */
export function emitTruth(selector: Selector, { op, args }: Value): Condition {
  const source = selector.use(args[0]!);
  const equal = ALL_TRUE.get(op);
  const tested = equal === undefined ? source : two(selector, equal, zero(selector), source);
  const test = selector.make(x64.PTEST, 0);
  test.reg = test.rm = tested;
  selector.emit(test);
  return equal === undefined ? Condition.NotEqual : Condition.Equal;
}
