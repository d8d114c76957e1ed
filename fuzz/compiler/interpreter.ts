/** A loop around a branch to one of many, as interpreters have: each case goes on with the next turn, or falls through. */
import { ValueType } from "../../src/abi/wasm.ts";
import { callStatement } from "./call.ts";
import { expression } from "./expression.ts";
import { branchBack, startCounter } from "./loop.ts";
import { pressure } from "./pressure.ts";
import { statements } from "./statement.ts";
import type { FunctionScope } from "./shape.ts";

const CASES_MINIMUM = 24;
const CASES_LIMIT = 36;

export function interpreter(scope: FunctionScope): void {
  const { code, choice, labels } = scope;
  if (scope.loopDepth > 0) return pressure(scope);
  const counter = startCounter(scope);
  const cases = choice.between(CASES_MINIMUM, CASES_LIMIT);
  code.byte(0x03, 0x40);
  labels.push({ types: [], counter });
  scope.loopDepth++;
  if (choice.chance(40)) statements(scope, 1, 0);
  for (let each = 0; each < cases; each++) {
    code.byte(0x02, 0x40);
    labels.push({ types: [] });
  }
  expression(scope, ValueType.I32, 3);
  scope.constant32(choice.pick([31, 63]));
  code.byte(0x71, 0x0e);
  code.unsigned(cases - 1);
  for (let each = 0; each < cases; each++) code.unsigned(each);
  for (let each = 0; each < cases; each++) {
    labels.pop();
    code.byte(0x0b);
    caseOf(scope, cases - 1 - each);
  }
  branchBack(scope, 0, false);
  scope.loopDepth--;
  labels.pop();
  code.byte(0x0b);
  scope.reserved.delete(counter.local);
}

/** `depth`: of the loop, from here. */
function caseOf(scope: FunctionScope, depth: number): void {
  const { choice } = scope;
  if (choice.chance(50)) callStatement(scope);
  if (choice.chance(15)) pressure(scope);
  statements(scope, choice.between(0, 2), choice.chance(10) ? 1 : 0);
  if (choice.chance(75)) branchBack(scope, depth, choice.chance(30));
}
