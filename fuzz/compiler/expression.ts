/** Random expressions of a given type: constants, locals, globals, operators, loads, selections, blocks and calls. */
import { ValueType } from "../../src/abi/wasm.ts";
import { load } from "./access.ts";
import { callExpression } from "./call.ts";
import { constant } from "./constant.ts";
import { valueBlock, valueIf } from "./value-block.ts";
import { vectorExpression } from "./vector.ts";
import type { FunctionScope } from "./shape.ts";
import { OPERATORS, type Operator } from "./tables/operators.ts";
import { DIVISORS, SHIFTS } from "./tables/constants.ts";

type Form = (scope: FunctionScope, type: ValueType, depth: number) => void;

const OPERATORS_BY_RESULT = new Map<ValueType, readonly Operator[]>(
  [ValueType.I32, ValueType.I64, ValueType.F32, ValueType.F64].map((type) => [
    type,
    OPERATORS.filter((operator) => operator.result === type),
  ]),
);

const FORMS: readonly (readonly [number, Form])[] = [
  [40, operation],
  [10, (scope, type) => local(scope, type)],
  [6, (scope, type) => constant(scope, type)],
  [3, (scope, type) => global(scope, type)],
  [9, load],
  [6, select],
  [4, tee],
  [2, valueBlock],
  [4, valueIf],
  [5, callExpression],
];

const LEAVES: readonly (readonly [number, Form])[] = [
  [12, (scope, type) => local(scope, type)],
  [4, (scope, type) => constant(scope, type)],
  [1, (scope, type) => global(scope, type)],
];

/** Writes code that leaves one value of `type`; `depth` bounds how deep it nests. */
export function expression(scope: FunctionScope, type: ValueType, depth: number): void {
  const start = scope.code.length;
  const isLeft = scope.nodes.enclose(() => {
    if (type === ValueType.FuncRef || type === ValueType.ExternRef) reference(scope, type);
    else if (depth <= 0) scope.choice.weighted(LEAVES)(scope, type, 0);
    else scope.choice.weighted(FORMS)(scope, type, depth - 1);
  });
  if (!isLeft) return;
  scope.code.truncate(start);
  scope.zero(type);
}

export function expressions(scope: FunctionScope, types: readonly ValueType[], depth: number): void {
  for (const type of types) expression(scope, type, depth);
}

/** The value of any local of the type, a constant where there is none. */
export function local(scope: FunctionScope, type: ValueType): void {
  const found = scope.localsOf(type);
  if (found.length === 0) constant(scope, type);
  else scope.get(scope.choice.pick(found));
}

function global(scope: FunctionScope, type: ValueType): void {
  const found = scope.module.globals.flatMap((one, index) => (one.type === type ? [index] : []));
  if (found.length === 0) return local(scope, type);
  scope.code.byte(0x23);
  scope.code.unsigned(scope.choice.pick(found));
}

function tee(scope: FunctionScope, type: ValueType, depth: number): void {
  const target = scope.writableLocal(type);
  expression(scope, type, depth);
  scope.tee(target);
}

function select(scope: FunctionScope, type: ValueType, depth: number): void {
  expression(scope, type, depth);
  expression(scope, type, depth);
  expression(scope, ValueType.I32, depth);
  if (scope.choice.chance(50)) scope.code.byte(0x1b);
  else scope.code.byte(0x1c, 1, type);
}

function reference(scope: FunctionScope, type: ValueType): void {
  const { code, choice, module } = scope;
  if (type === ValueType.ExternRef || choice.chance(20)) return scope.zero(type);
  if (choice.chance(50)) {
    code.byte(0xd2);
    return code.unsigned(choice.below(module.functions.length));
  }
  scope.constant32(choice.below(module.tableLength + (scope.isRisky ? 2 : 0)));
  code.byte(0x25, 0);
}

function operation(scope: FunctionScope, type: ValueType, depth: number): void {
  const { code, choice, module } = scope;
  if (type === ValueType.V128) return vectorExpression(scope, type, depth);
  if (module.vectors && choice.chance(15)) return vectorExpression(scope, type, depth);
  if (type === ValueType.I32 && choice.chance(4)) return rareInteger(scope);
  const operator = choice.pick(OPERATORS_BY_RESULT.get(type)!);
  if (operator.truncates === true && !scope.isRisky) {
    truncatable(scope, operator.operands[0]!, depth);
  } else {
    const [first, second] = operator.operands;
    expression(scope, first!, depth);
    if (second !== undefined) secondOperand(scope, operator, second, depth);
    if (operator.exposes === true) canonical(scope, operator.operands.at(-1)!);
  }
  code.byte(...operator.opcode);
}

/** memory.size, table.size, ref.is_null. */
function rareInteger(scope: FunctionScope): void {
  const { code, choice } = scope;
  switch (choice.below(3)) {
    case 0:
      return code.byte(0x3f, 0);
    case 1:
      return code.byte(0xfc, 16, 0);
    default:
      expression(scope, ValueType.FuncRef, 0);
      code.byte(0xd1);
  }
}

function secondOperand(scope: FunctionScope, operator: Operator, type: ValueType, depth: number): void {
  const { code, choice } = scope;
  const isWide = type === ValueType.I64;
  const number = (value: number) => (isWide ? scope.constant64(BigInt(value)) : scope.constant32(value));
  if (operator.shifts === true && choice.chance(60)) return number(choice.pick(SHIFTS));
  if (operator.divides !== true) return expression(scope, type, depth);
  if (choice.chance(60)) return number(choice.chance(1) ? 0 : choice.pick(DIVISORS));
  expression(scope, type, depth);
  if (scope.isRisky && choice.chance(50)) return;
  number(1);
  code.byte(isWide ? 0x84 : 0x72); // or: no zero
}

/** A float that every integer type can hold. */
function truncatable(scope: FunctionScope, type: ValueType, depth: number): void {
  expression(scope, ValueType.I32, depth);
  scope.constant32(0x7fffff);
  scope.code.byte(0x71, type === ValueType.F32 ? 0xb2 : 0xb7); // and, convert_i32_s
}

/** Replaces a NaN on the stack by zero: its payload is for each engine to choose. */
export function canonical(scope: FunctionScope, type: ValueType): void {
  const kept = scope.scratch(type);
  scope.tee(kept);
  scope.zero(type);
  scope.get(kept);
  scope.get(kept);
  scope.code.byte(type === ValueType.F32 ? 0x5b : 0x61); // eq
  scope.code.byte(0x1b);
}

/** An expression whose bits all engines agree on. */
export function exactExpression(scope: FunctionScope, type: ValueType, depth: number): void {
  expression(scope, type, depth);
  if (type === ValueType.F32 || type === ValueType.F64) canonical(scope, type);
}
