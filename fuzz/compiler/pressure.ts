/** Many values alive at once, so that registers do not suffice: on the stack, in locals, and across calls. */
import { ValueType } from "../../src/abi/wasm.ts";
import { callStatement } from "./call.ts";
import { expression } from "./expression.ts";
import type { FunctionScope } from "./shape.ts";

/** Operators that take two values of a type: what folds a pile of values into one. */
const FOLDS: ReadonlyMap<ValueType, readonly (readonly number[])[]> = new Map([
  [ValueType.I32, [[0x6a], [0x6b], [0x6c], [0x71], [0x72], [0x73], [0x74], [0x76], [0x77], [0x78]]],
  [ValueType.I64, [[0x7c], [0x7d], [0x7e], [0x83], [0x84], [0x85], [0x86], [0x87], [0x88], [0x8a]]],
  [ValueType.F32, [[0x92], [0x93], [0x94], [0x96], [0x97]]],
  [ValueType.F64, [[0xa0], [0xa1], [0xa2], [0xa4], [0xa5]]],
  [
    ValueType.V128,
    [
      [0xfd, 0x4e],
      [0xfd, 0x50],
      [0xfd, 0x51],
      [0xfd, 0x6e],
      [0xfd, 0xae, 1],
    ],
  ],
]);

export function pressure(scope: FunctionScope): void {
  const { choice } = scope;
  const type = scope.anyType();
  const count = choice.between(6, 24);
  for (let index = 0; index < count; index++) expression(scope, type, choice.below(2));
  // What stands on the stack outlives the call.
  if (choice.chance(30)) callStatement(scope);
  for (let index = 1; index < count; index++) scope.code.byte(...choice.pick(FOLDS.get(type)!));
  scope.set(scope.writableLocal(type));
}
