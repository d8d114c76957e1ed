/** Calls: direct, through the table (some of them wrong), and tail calls. */
import { ValueType } from "../../src/abi/wasm.ts";
import { expression, expressions, local } from "./expression.ts";
import { setAll } from "./value-block.ts";
import type { FunctionScope } from "./shape.ts";

const sameTypes = (a: readonly ValueType[], b: readonly ValueType[]): boolean =>
  a.length === b.length && a.every((type, index) => type === b[index]);

/** A call of a function with this one result, if there is one. */
export function callExpression(scope: FunctionScope, type: ValueType, depth: number): void {
  const index = calleeWith(scope, [type]);
  if (index === undefined) return local(scope, type);
  writeCall(scope, index, Math.min(depth, 1), false);
}

/** A call of any function, its results into locals. */
export function callStatement(scope: FunctionScope): void {
  if (scope.isLeaf) return;
  const index = scope.choice.below(scope.module.functions.length);
  writeCall(scope, index, scope.choice.below(3), false);
  setAll(scope, scope.module.types[scope.module.functions[index]!]!.results);
}

/** Ends the function, in an `if`, so that what follows is not dead. */
export function tailCall(scope: FunctionScope): void {
  const { code, module, type } = scope;
  const index = module.tailCalls ? calleeWith(scope, type.results) : undefined;
  if (index === undefined) return;
  expression(scope, ValueType.I32, 2);
  code.byte(0x04, 0x40);
  scope.labels.push({ types: [] });
  writeCall(scope, index, 1, true);
  scope.labels.pop();
  code.byte(0x0b);
}

function calleeWith(scope: FunctionScope, results: readonly ValueType[]): number | undefined {
  if (scope.isLeaf) return undefined;
  const found = scope.module.functions.flatMap((type, index) =>
    sameTypes(scope.module.types[type]!.results, results) ? [index] : [],
  );
  return found.length === 0 ? undefined : scope.choice.pick(found);
}

function writeCall(scope: FunctionScope, index: number, depth: number, isTail: boolean): void {
  const { code, choice, module } = scope;
  const typeIndex = module.functions[index]!;
  expressions(scope, module.types[typeIndex]!.parameters, depth);
  if (choice.chance(60)) {
    code.byte(isTail ? 0x12 : 0x10);
    return code.unsigned(index);
  }
  // The table holds function i at i, unless something has changed it; more than one element may fit the type.
  if (scope.isRisky && choice.chance(10)) expression(scope, ValueType.I32, 1);
  else elementWith(scope, typeIndex);
  code.byte(isTail ? 0x13 : 0x11);
  code.unsigned(typeIndex);
  code.byte(0);
}

/** The index of an element of this type: chosen at run time where there are two. */
function elementWith(scope: FunctionScope, typeIndex: number): void {
  const { choice, module, code } = scope;
  const found = module.functions.flatMap((type, index) => (type === typeIndex ? [index] : []));
  scope.constant32(choice.pick(found));
  if (found.length < 2) return;
  scope.constant32(choice.pick(found));
  expression(scope, ValueType.I32, 1);
  code.byte(0x1b);
}
