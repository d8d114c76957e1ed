/** Vector operators. What may hold a NaN of an engine's choice is cleaned lane by lane. */
import { ValueType } from "../../src/abi/wasm.ts";
import { expression } from "./expression.ts";
import type { FunctionScope } from "./shape.ts";
import { SHUFFLE, VECTOR_OPERATORS } from "./tables/vector-operators.ts";
import { SHIFTS } from "./tables/constants.ts";

const BY_RESULT = new Map(
  [ValueType.I32, ValueType.I64, ValueType.F32, ValueType.F64, ValueType.V128].map((type) => [
    type,
    VECTOR_OPERATORS.filter((operator) => operator.result === type),
  ]),
);

export function vectorExpression(scope: FunctionScope, type: ValueType, depth: number): void {
  const { code, choice } = scope;
  if (type === ValueType.V128 && choice.chance(6)) return shuffle(scope, depth);
  const operator = choice.pick(BY_RESULT.get(type)!);
  for (const operand of operator.operands) {
    const isShift =
      operand === ValueType.I32 && operator.operands.length === 2 && operator.lanes === undefined;
    if (isShift && choice.chance(60)) scope.constant32(choice.pick(SHIFTS));
    else expression(scope, operand, depth);
  }
  code.byte(0xfd);
  code.unsigned(operator.code);
  if (operator.lanes !== undefined) code.byte(choice.below(operator.lanes));
  if (operator.floatBits !== undefined) canonicalLanes(scope, operator.floatBits);
}

/** Replaces NaN lanes by zero, in the local too, which others may read: whose payload a NaN has is left open. */
function canonicalLanes(scope: FunctionScope, bits: 32 | 64): void {
  const kept = scope.scratch(ValueType.V128);
  scope.tee(kept);
  scope.get(kept);
  scope.get(kept);
  scope.code.byte(0xfd, bits === 32 ? 0x41 : 0x47, 0xfd, 0x4e); // eq, and
  scope.tee(kept);
}

function shuffle(scope: FunctionScope, depth: number): void {
  const { code, choice } = scope;
  expression(scope, ValueType.V128, depth);
  expression(scope, ValueType.V128, depth);
  code.byte(0xfd, SHUFFLE);
  for (const lane of lanesOf(scope, choice.below(4))) code.byte(lane);
}

/** Patterns that have instructions of their own, and random ones. */
function lanesOf(scope: FunctionScope, pattern: number): number[] {
  const { choice } = scope;
  const bytes = Array.from({ length: 16 }, (_, index) => index);
  if (pattern === 0) return bytes.map(() => choice.below(32));
  const width = choice.pick([1, 2, 4, 8]);
  if (pattern === 1) {
    const words = bytes.slice(0, 16 / width).map(() => choice.below(32 / width));
    return bytes.map((index) => words[Math.floor(index / width)]! * width + (index % width));
  }
  if (pattern === 2) {
    const from = choice.below(17); // a window over both
    return bytes.map((index) => from + index);
  }
  // Interleaved.
  const high = choice.below(2) * 8;
  return bytes.map((index) => {
    const word = Math.floor(index / width);
    return (word % 2) * 16 + ((high + Math.floor(word / 2) * width + (index % width)) & 15);
  });
}
