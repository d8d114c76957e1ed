/** What folding rules work with: where they find constants, and how they ask for them. */
import { ValueType } from "../../abi/wasm.ts";
import type { Type, Value } from "./graph.ts";

/** Where folding finds constants and puts what a rule needs besides its result. */
export interface Maker {
  i32(bits: number): Value;
  /** Bits of i64 signed, of floats and vectors unsigned. */
  constantOf(type: ValueType, bits: bigint): Value;
  emit(op: number, type: Type, args: Value[], immediate?: number): Value;
}

/** The integer constant of either width, as a bigint; undefined for others. */
export function integerOf(value: Value): bigint | undefined {
  if (!value.isConstant) return undefined;
  if (value.type === ValueType.I32) return BigInt(value.immediate);
  return value.type === ValueType.I64 ? value.big : undefined;
}

/** k of 2^k, or undefined. */
export function exponentOf(value: bigint): number | undefined {
  if (value <= 0n || (value & (value - 1n)) !== 0n) return undefined;
  return value.toString(2).length - 1;
}
