/**
 * Loops that end: each has a counter of its own that nothing else writes, and every way back to its start counts.
 * Some carry values as the loop's parameters, some walk memory with the counter as the index.
 */
import { ValueType } from "../../src/abi/wasm.ts";
import { expression, expressions, local } from "./expression.ts";
import { statements } from "./statement.ts";
import { setAll } from "./value-block.ts";
import type { Counter, FunctionScope } from "./shape.ts";

const ROUND_LIMIT = 12;
const INNER_ROUND_LIMIT = 4;
const LOOP_DEPTH_LIMIT = 2;

export function loop(scope: FunctionScope, level: number): void {
  const { code, choice, module } = scope;
  if (scope.loopDepth === LOOP_DEPTH_LIMIT) return exchange(scope);
  const counter = startCounter(scope);
  const carried = choice.chance(35) ? choice.below(module.types.length) : undefined;
  const types = carried === undefined ? [] : module.types[carried]!.results;
  const index = carried === undefined ? undefined : loopType(scope, types);
  const isCarried = index !== undefined && types.length > 0;
  if (isCarried) expressions(scope, types, 1);
  code.byte(0x03);
  if (isCarried) code.signed32(index);
  else code.byte(0x40);
  scope.labels.push({ types: isCarried ? types : [], counter });
  scope.loopDepth++;
  if (isCarried) setAll(scope, types);
  statements(scope, choice.between(1, 4), level - 1);
  if (choice.chance(30)) indexedAccess(scope, counter);
  if (choice.chance(25)) branchBack(scope, 0, true);
  if (choice.chance(40)) exchange(scope);
  branchBack(scope, 0, false);
  scope.loopDepth--;
  scope.labels.pop();
  code.byte(0x0b);
  if (isCarried) setAll(scope, types);
  scope.reserved.delete(counter.local);
}

/** The module's type with these parameters and results, where it has one. */
function loopType(scope: FunctionScope, types: readonly ValueType[]): number | undefined {
  const key = types.join();
  const found = scope.module.types.findIndex(
    (type) => type.parameters.join() === key && type.results.join() === key,
  );
  return found < 0 ? undefined : found;
}

export function startCounter(scope: FunctionScope): Counter {
  const { choice } = scope;
  const type = choice.chance(75) ? ValueType.I32 : ValueType.I64;
  const counter = scope.addLocal(type);
  scope.reserved.add(counter);
  const rounds = scope.loopDepth === 0 ? ROUND_LIMIT : INNER_ROUND_LIMIT;
  const step = choice.pick([1, 1, 1, 2, 4, -1, -1, -3]);
  const start = step < 0 ? choice.between(1, rounds) : choice.pick([0, 0, 1, -5]);
  const limit = step < 0 ? choice.pick([0, 0, -2]) : start + choice.between(1, rounds) * step;
  number(scope, type, start);
  scope.set(counter);
  return { local: counter, type, step, limit };
}

function number(scope: FunctionScope, type: ValueType.I32 | ValueType.I64, value: number): void {
  if (type === ValueType.I32) scope.constant32(value);
  else scope.constant64(BigInt(value));
}

/** On with another round of one of the loops around, if a condition holds: from inside inner loops and blocks, too. */
export function continueLoop(scope: FunctionScope): void {
  const { labels, choice } = scope;
  const loops = labels.flatMap((label, index) =>
    label.counter === undefined ? [] : [labels.length - 1 - index],
  );
  if (loops.length > 0) branchBack(scope, choice.pick(loops), true);
}

/** counter += step; to the start if it is not past its limit. `isEarly`: and if a condition holds, too. */
export function branchBack(scope: FunctionScope, depth: number, isEarly: boolean): void {
  const { code, labels } = scope;
  const { types, counter } = labels[labels.length - 1 - depth]!;
  if (counter === undefined) throw new Error("only loops are branched back to");
  expressions(scope, types, 1);
  scope.get(counter.local);
  number(scope, counter.type, counter.step);
  code.byte(counter.type === ValueType.I32 ? 0x6a : 0x7c);
  scope.tee(counter.local);
  number(scope, counter.type, counter.limit);
  const isWide = counter.type === ValueType.I64;
  if (counter.step < 0)
    code.byte(isWide ? 0x55 : 0x4a); // gt_s
  else code.byte(isWide ? 0x53 : 0x48); // lt_s
  if (isEarly) {
    expression(scope, ValueType.I32, 2);
    code.byte(0x45, 0x45, 0x71); // as 0 or 1, and
  }
  code.byte(0x0d);
  code.unsigned(depth);
  if (isEarly) for (let count = types.length; count > 0; count--) code.byte(0x1a);
}

/** sum += memory[counter * 4 + base], as loops over arrays do. */
function indexedAccess(scope: FunctionScope, counter: Counter): void {
  const { code, choice } = scope;
  const sum = scope.writableLocal(ValueType.I32);
  scope.get(counter.local);
  if (counter.type === ValueType.I64) code.byte(0xa7);
  scope.constant32(choice.pick([1, 2, 3]));
  code.byte(0x74);
  scope.constant32(choice.pick([64, 128, 1024]));
  code.byte(0x6a, 0x28, 0, choice.pick([0, 4, 16]));
  scope.get(sum);
  code.byte(0x6a);
  scope.set(sum);
}

/** Locals take each other's values at once, the case of moves in a circle. */
export function exchange(scope: FunctionScope): void {
  const { choice } = scope;
  const type = scope.anyType();
  const targets = scope.localsOf(type).filter((index) => !scope.reserved.has(index));
  const count = Math.min(targets.length, choice.between(2, 5));
  const from = choice.below(targets.length + 1);
  const chosen = Array.from({ length: count }, (_, index) => targets[(from + index) % targets.length]!);
  for (const one of chosen) scope.get(one);
  const turn = choice.below(count + 1);
  for (let index = 0; index < count; index++) scope.set(chosen[(index + turn) % count]!);
  if (count === 0) {
    local(scope, type);
    scope.code.byte(0x1a);
  }
}
