/** Blocks and ifs that leave values, some of them left early by a branch that carries them. */
import { ValueType } from "../../src/abi/wasm.ts";
import { expression, expressions } from "./expression.ts";
import { statements } from "./statement.ts";
import type { FunctionScope } from "./shape.ts";

/** `depth` is that of expressions: a block inside one has few and short statements. */
export function valueBlock(scope: FunctionScope, type: ValueType, depth: number): void {
  const { code, choice } = scope;
  code.byte(0x02, type);
  scope.labels.push({ types: [type] });
  if (choice.chance(40)) statements(scope, 1, depth - 1);
  for (let count = choice.between(1, 2); count > 0; count--) {
    expression(scope, type, depth);
    expression(scope, ValueType.I32, depth);
    code.byte(0x0d, 0, 0x1a); // br_if, drop
  }
  expression(scope, type, depth);
  scope.labels.pop();
  code.byte(0x0b);
}

export function valueIf(scope: FunctionScope, type: ValueType, depth: number): void {
  const { code, choice } = scope;
  expression(scope, ValueType.I32, depth);
  code.byte(0x04, type);
  scope.labels.push({ types: [type] });
  if (choice.chance(20)) statements(scope, 1, depth - 1);
  expression(scope, type, depth);
  code.byte(0x05);
  if (choice.chance(20)) statements(scope, 1, depth - 1);
  expression(scope, type, depth);
  scope.labels.pop();
  code.byte(0x0b);
}

/** A block or an if with parameters and results, as one of the module's types says; all results go to locals. */
export function multiValueBlock(scope: FunctionScope, level: number): void {
  const { code, choice, module } = scope;
  const index = choice.below(module.types.length);
  const type = module.types[index]!;
  const isIf = choice.chance(40);
  expressions(scope, type.parameters, 1);
  if (isIf) expression(scope, ValueType.I32, 2);
  code.byte(isIf ? 0x04 : 0x02);
  code.signed32(index);
  scope.labels.push({ types: type.results });
  multiValueBody(scope, type.parameters, type.results, level);
  if (isIf) {
    code.byte(0x05);
    multiValueBody(scope, type.parameters, type.results, level);
  }
  scope.labels.pop();
  code.byte(0x0b);
  setAll(scope, type.results);
}

function multiValueBody(
  scope: FunctionScope,
  parameters: readonly ValueType[],
  results: readonly ValueType[],
  level: number,
): void {
  const { code, choice } = scope;
  setAll(scope, parameters);
  statements(scope, choice.below(3), level - 1);
  if (choice.chance(50)) {
    expressions(scope, results, 1);
    expression(scope, ValueType.I32, 2);
    code.byte(0x0d, 0);
    for (let count = results.length; count > 0; count--) code.byte(0x1a);
  }
  expressions(scope, results, 1);
}

/** Takes values of these types off the stack: into locals, some are dropped. */
export function setAll(scope: FunctionScope, types: readonly ValueType[]): void {
  for (const type of [...types].reverse()) {
    if (scope.choice.chance(10)) scope.code.byte(0x1a);
    else scope.set(scope.writableLocal(type));
  }
}
