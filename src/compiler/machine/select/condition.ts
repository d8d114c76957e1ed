/**
 * Comparisons as flags.
 *
 * A branch, select or trap wants a condition, not a number: the comparison is made right before it if it has no
 * other user. Float equality needs two flags, since ucomis sets ZF for unordered operands too.
 */
import { ValueType } from "../../../abi/wasm.ts";
import { Condition, inverse } from "../../../x64/register.ts";
import {
  CMP16,
  CMP32,
  CMP64,
  CMP8,
  TEST32,
  TEST64,
  TEST8,
  UCOMISD,
  UCOMISS,
} from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { isComparison } from "../../ir/comparison.ts";
import { Op } from "../../ir/tables/op.ts";
import { addMemoryOperand } from "./address.ts";
import { immediateOf, immediateRow, isByte, isFoldableLoad, setRm } from "./operand.ts";
import type { Selector } from "./selector.ts";
import { emitTruth, isTruth } from "./simd/truth.ts";

/** The flags that hold when the value is not 0. */
export interface Test {
  readonly condition: Condition;
  /** Float equality: `and` not parity, or for its opposite `or` parity. */
  readonly parity: "none" | "and" | "or";
}

const test = (condition: Condition): Test => ({ condition, parity: "none" });

function inverseTest({ condition, parity }: Test): Test {
  return {
    condition: inverse(condition),
    parity: parity === "none" ? "none" : parity === "and" ? "or" : "and",
  };
}

const SIGNED_AND_EQUAL = [
  Condition.Equal,
  Condition.NotEqual,
  Condition.Less,
  Condition.Below,
  Condition.Greater,
  Condition.Above,
  Condition.LessOrEqual,
  Condition.BelowOrEqual,
  Condition.GreaterOrEqual,
  Condition.AboveOrEqual,
];

/** Emits what sets the flags for `value`, an i32 that is asked whether it is 0. */
export function emitTest(selector: Selector, value: Value): Test {
  const isFused = isTest(value) && selector.isFoldable(value) && selector.does("fused comparisons");
  if (!isFused) return emitNonZero(selector, value, value.type);
  selector.fold(value);
  return emitComparison(selector, value);
}

/** Made as flags first, and as a number only if one is wanted. */
const isTest = ({ op }: Value): boolean => isComparison(op) || isTruth(op);

/** As `emitTest`, of a comparison that nobody else makes. */
export function emitComparison(selector: Selector, value: Value): Test {
  const { op, args } = value;
  if (op === Op.I32Eqz || op === Op.I64Eqz || op === Op.IsNull) return emitZero(selector, args[0]!);
  if (op >= Op.I32Eq && op <= Op.I32GeU)
    return emitIntegers(selector, value, SIGNED_AND_EQUAL[op - Op.I32Eq]!);
  if (op >= Op.I64Eq && op <= Op.I64GeU)
    return emitIntegers(selector, value, SIGNED_AND_EQUAL[op - Op.I64Eq]!);
  return isTruth(op) ? test(emitTruth(selector, value)) : emitFloats(selector, value);
}

function emitZero(selector: Selector, argument: Value): Test {
  if (isTest(argument) && selector.isFoldable(argument)) {
    selector.fold(argument);
    return inverseTest(emitComparison(selector, argument));
  }
  return inverseTest(emitNonZero(selector, argument, argument.type));
}

/** Flags of an integer against 0: NotEqual if it is not. */
function emitNonZero(selector: Selector, value: Value, type: number): Test {
  const wide = type !== ValueType.I32;
  if (value.op === (wide ? Op.I64And : Op.I32And) && selector.isFoldable(value)) {
    selector.fold(value);
    emitMask(selector, value, wide);
    return test(Condition.NotEqual);
  }
  if (emitLoadAgainst(selector, value, 0, Condition.NotEqual) !== undefined) return test(Condition.NotEqual);
  emitWhole(selector, value, wide);
  return test(Condition.NotEqual);
}

function emitWhole(selector: Selector, value: Value, wide: boolean): void {
  const instruction = selector.make((wide ? TEST64 : TEST32).rmReg, 0);
  instruction.reg = instruction.rm = selector.use(value);
  selector.emit(instruction);
}

function emitMask(selector: Selector, { args }: Value, wide: boolean): void {
  const [left, right] = args as [Value, Value];
  const rows = wide ? TEST64 : TEST32;
  const mask = immediateOf(right);
  if (mask === undefined) {
    const instruction = selector.make(rows.rmReg, 0);
    if (isFoldableLoad(selector, right)) {
      instruction.reg = selector.use(left);
      setRm(selector, instruction, right);
    } else {
      instruction.reg = selector.use(right);
      setRm(selector, instruction, left);
    }
    selector.emit(instruction);
    return;
  }
  const isNarrow = mask >= 0 && mask <= 0xff;
  if (left.op === Op.I32Load8U && isNarrow && selector.isFoldable(left)) {
    selector.fold(left);
    const instruction = selector.make(TEST8.rmImm8, left.place);
    instruction.immediate = mask;
    addMemoryOperand(selector, instruction, left);
    selector.emit(instruction);
    return;
  }
  // A mask of the lowest byte needs that byte only: one or four bytes shorter.
  const instruction = selector.make(isNarrow ? TEST8.rmImm8 : mask >= 0 ? TEST32.rmImm32 : rows.rmImm32, 0);
  instruction.immediate = mask;
  if (isNarrow && !isFoldableLoad(selector, left)) instruction.rm = selector.use(left);
  else setRm(selector, instruction, left);
  selector.emit(instruction);
}

/** cmp memory, constant: of a load that only this comparison uses. The condition to use, if it can be done. */
function emitLoadAgainst(
  selector: Selector,
  load: Value,
  constant: number,
  condition: Condition,
): Condition | undefined {
  if (!selector.isFoldable(load)) return undefined;
  const row = narrowRow(load.op, constant, condition);
  if (row === undefined) return undefined;
  selector.fold(load);
  const instruction = selector.make(row.encoding, load.place);
  instruction.immediate = constant;
  addMemoryOperand(selector, instruction, load);
  selector.emit(instruction);
  return row.condition;
}

function narrowRow(op: number, constant: number, condition: Condition) {
  switch (op) {
    case Op.I32Load:
      return { encoding: immediateRow(CMP32, constant), condition };
    case Op.I64Load:
      return { encoding: immediateRow(CMP64, constant), condition };
    case Op.I32Load8U:
    case Op.I64Load8U:
      return constant >= 0 && constant <= 0xff
        ? { encoding: CMP8.rmImm8, condition: UNSIGNED.get(condition) ?? condition }
        : undefined;
    case Op.I32Load16U:
    case Op.I64Load16U:
      // A longer immediate with the operand-size prefix stalls the decoder.
      return constant >= 0 && constant <= 0x7f
        ? { encoding: CMP16.rmImm8, condition: UNSIGNED.get(condition) ?? condition }
        : undefined;
    case Op.I32Load8S:
      return isByte(constant) && !UNSIGNED_SET.has(condition)
        ? { encoding: CMP8.rmImm8, condition }
        : undefined;
    default:
      return undefined;
  }
}

/** What is zero-extended compares alike signed and unsigned; on the narrow operand only unsigned is right. */
const UNSIGNED: ReadonlyMap<Condition, Condition> = new Map([
  [Condition.Less, Condition.Below],
  [Condition.LessOrEqual, Condition.BelowOrEqual],
  [Condition.Greater, Condition.Above],
  [Condition.GreaterOrEqual, Condition.AboveOrEqual],
]);
const UNSIGNED_SET: ReadonlySet<Condition> = new Set(UNSIGNED.values());

function emitIntegers(selector: Selector, { args }: Value, condition: Condition): Test {
  const [left, right] = args as [Value, Value];
  const wide = left.type !== ValueType.I32;
  const rows = wide ? CMP64 : CMP32;
  const constant = immediateOf(right);
  if (constant !== undefined) {
    const narrow = emitLoadAgainst(selector, left, constant, condition);
    if (narrow !== undefined) return test(narrow);
    if (constant === 0 && ZERO_TESTS.has(condition)) {
      // Only equality may look at less than the whole value.
      if (condition <= Condition.NotEqual) emitNonZero(selector, left, left.type);
      else emitWhole(selector, left, wide);
      return test(ZERO_TESTS.get(condition)!);
    }
    const instruction = selector.make(immediateRow(rows, constant), 0);
    instruction.immediate = constant;
    instruction.rm = selector.use(left);
    selector.emit(instruction);
    return test(condition);
  }
  if (isFoldableLoad(selector, left)) {
    const instruction = selector.make(rows.rmReg, 0);
    instruction.reg = selector.use(right);
    setRm(selector, instruction, left);
    selector.emit(instruction);
    return test(condition);
  }
  const instruction = selector.make(rows.regRm, 0);
  instruction.reg = selector.use(left);
  setRm(selector, instruction, right);
  selector.emit(instruction);
  return test(condition);
}

/** Against 0 `test` does: it clears CF and OF. */
const ZERO_TESTS: ReadonlyMap<Condition, Condition> = new Map([
  [Condition.Equal, Condition.Equal],
  [Condition.NotEqual, Condition.NotEqual],
  [Condition.Less, Condition.Sign],
  [Condition.GreaterOrEqual, Condition.NotSign],
  [Condition.LessOrEqual, Condition.LessOrEqual],
  [Condition.Greater, Condition.Greater],
]);

function emitFloats(selector: Selector, { op, args }: Value): Test {
  const isSingle = op < Op.F64Eq;
  const relation = op - (isSingle ? Op.F32Eq : Op.F64Eq);
  // eq ne lt gt le ge: `above` is false for unordered operands, so less-than is asked the other way round.
  const swap = relation === 2 || relation === 4;
  const [left, right] = swap ? [args[1]!, args[0]!] : [args[0]!, args[1]!];
  const instruction = selector.make(isSingle ? UCOMISS : UCOMISD, 0);
  instruction.reg = selector.use(left);
  setRm(selector, instruction, right);
  selector.emit(instruction);
  if (relation === 0) return { condition: Condition.Equal, parity: "and" };
  if (relation === 1) return { condition: Condition.NotEqual, parity: "or" };
  return test(relation <= 3 ? Condition.Above : Condition.AboveOrEqual);
}
