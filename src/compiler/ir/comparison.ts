/** Operations that give 0 or 1: where only the condition matters, no number need be made of it. */
import { Op } from "./tables/op.ts";

export function isComparison(op: number): boolean {
  return (op >= Op.I32Eqz && op <= Op.F64Ge) || op === Op.IsNull;
}
