/** The second operand of an instruction: a register, a constant, or a load that becomes its memory operand. */
import { ValueType } from "../../../abi/wasm.ts";
import type { Arithmetic } from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, type Instruction } from "../instruction.ts";
import { addMemoryOperand } from "./address.ts";
import type { Selector } from "./selector.ts";

const PLAIN_LOADS: ReadonlyMap<number, number> = new Map<number, number>([
  [ValueType.I32, Op.I32Load],
  [ValueType.I64, Op.I64Load],
  [ValueType.F32, Op.F32Load],
  [ValueType.F64, Op.F64Load],
]);

/** Whether `value` is a whole load that its user, the one being selected, can take as memory operand. */
export function isFoldableLoad(selector: Selector, value: Value): boolean {
  return PLAIN_LOADS.get(value.type) === value.op && selector.isFoldable(value);
}

/** Sets `rm` or the memory operand. */
export function setRm(selector: Selector, instruction: Instruction, value: Value): void {
  if (isFoldableLoad(selector, value)) {
    selector.fold(value);
    addMemoryOperand(selector, instruction, value);
    return;
  }
  const isFloat = value.type === ValueType.F32 || value.type === ValueType.F64;
  if (value.isConstant && isFloat && !selector.inLoop) {
    instruction.address = Address.Constant;
    instruction.constant = value;
    return;
  }
  instruction.rm = selector.use(value);
}

/** The constant as an immediate that instructions sign-extend from 32 bits; undefined if it is none. */
export function immediateOf(value: Value): number | undefined {
  if (!value.isConstant) return undefined;
  if (value.type === ValueType.I32) return value.immediate;
  if (value.type !== ValueType.I64) return undefined;
  const number = Number(BigInt.asIntN(32, value.big));
  return BigInt(number) === value.big ? number : undefined;
}

export function isByte(immediate: number): boolean {
  return immediate >= -128 && immediate <= 127;
}

/** The row of an operation with an immediate: the short one if it fits. */
export function immediateRow(rows: Arithmetic, immediate: number): Arithmetic["rmImm8"] {
  return isByte(immediate) ? rows.rmImm8 : rows.rmImm32;
}

/** The operand that ends here should be the one that is overwritten; a load should stay in memory. */
export function prefersSwap(selector: Selector, left: Value, right: Value): boolean {
  if (right.isConstant) return false;
  if (isFoldableLoad(selector, left) && !isFoldableLoad(selector, right)) return true;
  if (isFoldableLoad(selector, right) || left.isConstant) return left.isConstant;
  return right.uses === 1 && left.uses > 1;
}
