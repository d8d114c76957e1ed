/** Random statements: they leave the stack as it was, so that any of them can be left out. */
import { ValueType } from "../../src/abi/wasm.ts";
import { address, store } from "./access.ts";
import { callStatement, tailCall } from "./call.ts";
import { exactExpression, expression, expressions } from "./expression.ts";
import { interpreter } from "./interpreter.ts";
import { continueLoop, exchange, loop } from "./loop.ts";
import { multiValueBlock } from "./value-block.ts";
import { pressure } from "./pressure.ts";
import { tableStatement } from "./table-statement.ts";
import type { FunctionScope, Label } from "./shape.ts";

type Form = (scope: FunctionScope, level: number) => void;

const FORMS: readonly (readonly [number, Form])[] = [
  [22, setLocal],
  [14, (scope) => store(scope, 3)],
  [4, setGlobal],
  [8, ifStatement],
  [6, block],
  [7, loop],
  [5, switchStatement],
  [1, interpreter],
  [6, leave],
  [3, (scope) => continueLoop(scope)],
  [7, (scope) => callStatement(scope)],
  [4, multiValueBlock],
  [4, (scope) => pressure(scope)],
  [4, (scope) => exchange(scope)],
  [2, bulkMemory],
  [2, (scope) => tableStatement(scope)],
  [1, (scope) => tailCall(scope)],
  [1, growMemory],
  [1, dead],
];

const FLAT: readonly (readonly [number, Form])[] = [
  [10, setLocal],
  [6, (scope) => store(scope, 2)],
  [2, setGlobal],
  [2, leave],
  [1, (scope) => continueLoop(scope)],
];

/** `level` bounds how deep statements nest. */
export function statements(scope: FunctionScope, count: number, level: number): void {
  for (; count > 0; count--) statement(scope, level);
}

function statement(scope: FunctionScope, level: number): void {
  const start = scope.code.length;
  const isLeft = scope.nodes.enclose(() => {
    scope.choice.weighted(level > 0 ? FORMS : FLAT)(scope, level);
  });
  if (isLeft) scope.code.truncate(start);
}

function setLocal(scope: FunctionScope): void {
  const type = scope.anyType();
  expression(scope, type, scope.choice.between(1, 4));
  scope.set(scope.writableLocal(type));
}

function setGlobal(scope: FunctionScope): void {
  const { module, choice, code } = scope;
  const found = module.globals.flatMap((one, index) =>
    one.mutable && index !== module.fuelGlobal ? [index] : [],
  );
  if (found.length === 0) return;
  const index = choice.pick(found);
  exactExpression(scope, module.globals[index]!.type, 3);
  code.byte(0x24);
  code.unsigned(index);
}

function enter(scope: FunctionScope, label: Label, body: () => void): void {
  scope.labels.push(label);
  body();
  scope.labels.pop();
}

const PLAIN: Label = { types: [] };

function ifStatement(scope: FunctionScope, level: number): void {
  const { code, choice } = scope;
  expression(scope, ValueType.I32, 3);
  code.byte(0x04, 0x40);
  enter(scope, PLAIN, () => {
    statements(scope, choice.between(1, 3), level - 1);
    if (choice.chance(50)) {
      code.byte(0x05);
      statements(scope, choice.between(0, 3), level - 1);
    }
  });
  code.byte(0x0b);
}

function block(scope: FunctionScope, level: number): void {
  scope.code.byte(0x02, 0x40);
  enter(scope, PLAIN, () => statements(scope, scope.choice.between(1, 4), level - 1));
  scope.code.byte(0x0b);
}

/** Blocks in blocks and a br_table in the innermost: a switch whose cases may fall through. */
function switchStatement(scope: FunctionScope, level: number): void {
  const { code, choice } = scope;
  const count = choice.weighted([
    [6, choice.between(1, 5)],
    [2, choice.between(6, 20)],
    [1, choice.between(21, 60)],
  ]);
  const cases = Math.min(count, choice.between(1, 6));
  for (let depth = 0; depth <= cases; depth++) code.byte(0x02, 0x40);
  for (let depth = 0; depth <= cases; depth++) scope.labels.push(PLAIN);
  expression(scope, ValueType.I32, 2);
  if (choice.chance(70)) {
    scope.constant32(choice.pick([3, 7, 15, 31]));
    code.byte(0x71);
  }
  code.byte(0x0e);
  code.unsigned(count);
  for (let entry = 0; entry <= count; entry++) code.unsigned(choice.below(cases + 1));
  for (let depth = 0; depth <= cases; depth++) {
    scope.labels.pop();
    code.byte(0x0b);
    if (depth === cases) break;
    statements(scope, choice.between(1, 2), Math.min(level - 1, 1));
    if (choice.chance(60)) {
      code.byte(0x0c);
      code.unsigned(cases - depth - 1); // break
    }
  }
}

/** br_if, br_table or return: out of enclosing blocks or the function, with the values they take. */
function leave(scope: FunctionScope): void {
  const { code, choice, labels } = scope;
  const reachable = labels.flatMap((label, index) =>
    label.counter !== undefined ? [] : [labels.length - 1 - index],
  );
  if (reachable.length === 0 || choice.chance(10)) {
    expression(scope, ValueType.I32, 2);
    code.byte(0x04, 0x40);
    enter(scope, PLAIN, () => expressions(scope, scope.type.results, 1));
    return code.byte(0x0f, 0x0b);
  }
  const depth = choice.pick(reachable);
  const { types } = labels[labels.length - 1 - depth]!;
  if (choice.chance(25)) return leaveByTable(scope, reachable, types);
  expressions(scope, types, 1);
  expression(scope, ValueType.I32, 2);
  code.byte(0x0d);
  code.unsigned(depth);
  for (let count = types.length; count > 0; count--) code.byte(0x1a);
}

function leaveByTable(scope: FunctionScope, reachable: readonly number[], types: readonly ValueType[]): void {
  const { code, choice, labels } = scope;
  const key = types.join();
  const targets = reachable.filter((depth) => labels[labels.length - 1 - depth]!.types.join() === key);
  expression(scope, ValueType.I32, 2);
  code.byte(0x04, 0x40);
  enter(scope, PLAIN, () => expressions(scope, [...types, ValueType.I32], 1));
  code.byte(0x0e);
  const count = choice.below(5);
  code.unsigned(count);
  for (let entry = 0; entry <= count; entry++) code.unsigned(choice.pick(targets) + 1); // out of the if, too
  code.byte(0x0b);
}

/** memory.copy, fill, init, data.drop. */
function bulkMemory(scope: FunctionScope): void {
  const { code, choice, module } = scope;
  const length = () => {
    if (scope.isRisky && choice.chance(10)) expression(scope, ValueType.I32, 2);
    else if (choice.chance(50))
      scope.constant32(choice.pick([0, 1, 2, 3, 4, 7, 8, 15, 16, 24, 32, 33, 64, 300]));
    else {
      expression(scope, ValueType.I32, 1);
      scope.constant32(63);
      code.byte(0x71);
    }
  };
  const plainAddress = () => {
    const offset = address(scope, 64, 1);
    scope.constant32(offset & 0xff);
    code.byte(0x6a);
  };
  const kind = choice.below(10);
  if (kind < 4) {
    plainAddress();
    plainAddress();
    length();
    code.byte(0xfc, 10, 0, 0);
  } else if (kind < 7) {
    plainAddress();
    expression(scope, ValueType.I32, 2);
    length();
    code.byte(0xfc, 11, 0);
  } else if (module.dataSegmentBytes.length > 0) {
    const segment = choice.below(module.dataSegmentBytes.length);
    const bytes = module.dataSegmentBytes[segment]!;
    if (scope.isRisky && choice.chance(10)) return code.byte(0xfc, 9, segment); // data.drop
    plainAddress();
    const from = choice.below(bytes + 1);
    scope.constant32(from);
    scope.constant32(choice.below(bytes - from + (scope.isRisky ? 3 : 1)));
    code.byte(0xfc, 8, segment, 0);
  }
}

function growMemory(scope: FunctionScope): void {
  scope.constant32(scope.choice.pick([0, 1, 1, 65536, -1]));
  scope.code.byte(0x40, 0);
  scope.set(scope.writableLocal(ValueType.I32));
}

/** Code behind a branch that is always taken: decoded and validated, never run. */
function dead(scope: FunctionScope): void {
  const { code, choice } = scope;
  code.byte(0x02, 0x40, 0x0c, 0);
  if (choice.chance(50)) code.byte(0x6a, 0x1a); // i32.add of what is not there
  enter(scope, PLAIN, () => statements(scope, 1, 0));
  code.byte(0x0b);
}
