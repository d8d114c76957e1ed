/**
 * What integer instructions make of their operands, as far as addresses depend on it: upper bounds, sums that bounds
 * checks speak of, and the few computations with pointers that calls and jump tables are made of.
 */
import { freshId, OPERAND_PLACE, type Rule, type Step } from "./context.ts";
import {
  maskOf,
  readNumber,
  readOperand,
  readRegister,
  requireNumber,
  sizeOf,
  writeFresh,
  writeOperand,
  writeRegister,
} from "./operand.ts";
import { Relocation } from "../../../src/abi/object.ts";
import { ANY, constant, constantOf, meet, number, pointer, U32, type Target, type Value } from "./value.ts";
import { Broken, requireThat } from "./violation.ts";

const RAX = 0;
const RDX = 2;
const RSP = 4;
const WORD = 8;

/** The upper bound of a result, from those of its operands. */
type Bound = (a: number, b: number, sizeBytes: number) => number;

const any: Bound = () => ANY;
/** All bits up to the highest that may be set. */
const filled = (bound: number): number =>
  bound > U32 ? ANY : bound === 0 ? 0 : 2 ** (32 - Math.clz32(bound)) - 1;
const union: Bound = (a, b) => filled(Math.max(a, b));
const product: Bound = (a, b) => (a === 0 || b === 0 ? 0 : a * b);

function binary(bound: Bound, sameIsZero = false): Rule {
  return (step) => {
    const { state, instruction } = step;
    if (sameIsZero && isSameRegister(step)) return writeOperand(step, 0, constant(0));
    const size = sizeOf(step, 0);
    const a = state.boundOf(readNumber(step, 0));
    const b = instruction.operands.length < 2 ? 0 : state.boundOf(readNumber(step, 1, size));
    writeFresh(step, 0, bound(a, b, size));
  };
}

function isSameRegister({ instruction: { operands } }: Step): boolean {
  const [a, b] = operands;
  return a?.kind === "general" && b?.kind === "general" && a.register === b.register && a.sizeBytes >= 4;
}

function shift(bound: (value: number, count: number, sizeBytes: number) => number, unknown: Bound): Rule {
  return (step) => {
    const { state, instruction } = step;
    const size = sizeOf(step, 0);
    const value = readNumber(step, 0);
    const count = instruction.operands[1]!;
    if (count.kind !== "immediate") {
      requireNumber(readOperand(step, 1));
      return writeFresh(step, 0, unknown(state.boundOf(value), 0, size));
    }
    const by = Number(count.value) & (size === WORD ? 63 : 31);
    writeFresh(step, 0, bound(state.boundOf(value), by, size));
    const isEight =
      instruction.mnemonic === "Shl" && size === WORD && by === 3 && state.boundOf(value) <= U32;
    const target = instruction.operands[0]!;
    if (!isEight || target.kind !== "general") return;
    const made = requireNumber(state.registers[target.register]!);
    state.registers[target.register] = { ...made, eightOf: value.id };
  };
}

const shiftRight = (value: number, count: number): number =>
  value === ANY ? (count >= 11 ? 2 ** (64 - count) - 1 : ANY) : Math.floor(value / 2 ** count);

const shiftRightSigned = (value: number, count: number, sizeBytes: number): number =>
  value <= (sizeBytes === 4 ? 0x7fff_ffff : Number.MAX_SAFE_INTEGER) ? shiftRight(value, count) : ANY;

/** Numbers, or the two sums of pointers: a function's address, a block's. */
const add: Rule = (step) => {
  const { state } = step;
  if (isStackPointer(step)) return adjustStack(step, 1);
  const size = sizeOf(step, 0);
  const [left, right] = [readOperand(step, 0), readOperand(step, 1, size)];
  if (left.kind === "pointer" && right.kind === "pointer") {
    writeOperand(step, 0, pointer(freshId(step, OPERAND_PLACE), sumOfPointers(left.target, right.target)));
    return;
  }
  const [a, b] = [requireNumber(left), requireNumber(right)];
  writeFresh(step, 0, state.boundOf(a) + state.boundOf(b));
  const target = step.instruction.operands[0]!;
  if (target.kind !== "general" || size !== WORD) return;
  if (state.boundOf(a) > U32 || state.boundOf(b) > U32) return;
  const made = requireNumber(state.registers[target.register]!);
  state.registers[target.register] = { ...made, sum: [a.id, b.id] };
};

function sumOfPointers(a: Target, b: Target): Target {
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const) {
    if (x.to === "code offset" && y.to === "code base") return { to: "function", type: x.type };
    const isEntry = x.to === "jump distance" && y.to === "jump table" && x.offset === y.offset;
    if (isEntry) return { to: "block", offset: x.offset };
  }
  throw new Broken(`adds a pointer to ${a.to} and one to ${b.to}`);
}

const subtract = binary(any, true);

function isStackPointer({ instruction: { operands } }: Step): boolean {
  return operands[0]?.kind === "general" && operands[0].register === RSP;
}

function adjustStack(step: Step, sign: 1 | -1): void {
  const by = step.instruction.operands[1]!;
  requireThat(
    by.kind === "immediate" && sizeOf(step, 0) === WORD,
    "moves the stack pointer by what is no constant",
  );
  moveStack(step, step.state.rsp + sign * Number(by.value));
}

/** How far below the last touched byte the stack pointer may go: a guard is larger, with room for a callee. */
const STEP_LIMIT = 1 << 19;

export function moveStack({ context, state }: Step, rsp: number): void {
  requireThat(
    rsp >= state.touched - STEP_LIMIT,
    "moves the stack pointer past the guard without touching it",
  );
  requireThat(rsp <= context.stackEnd, "moves the stack pointer into the caller's frame");
  state.moveStack(rsp);
}

const lea: Rule = (step) => {
  const { instruction } = step;
  const target = instruction.operands[0]!;
  const memory = instruction.memory!;
  if (target.kind !== "general") throw new Broken("writes no register");
  if (target.register === RSP) {
    const isPlain = memory.base === RSP && memory.index < 0 && target.sizeBytes === WORD;
    requireThat(isPlain, "makes the stack pointer of something else");
    return moveStack(step, step.state.rsp + memory.displacement);
  }
  writeRegister(step, target.register, addressOf(step, target.register, target.sizeBytes), target.sizeBytes);
};

const RBX = 3;

function addressOf(step: Step, register: number, sizeBytes: number): Value {
  const { base, index, scale, displacement, isRipRelative } = step.instruction.memory!;
  const id = freshId(step, register);
  if (isRipRelative || base === RBX) {
    requireThat(sizeBytes === WORD, "takes half of an address");
    return pointer(id, isRipRelative ? ripTarget(step) : memoryTarget(step));
  }
  const left = base < 0 ? constant(0) : readRegister(step, base);
  const right = index < 0 ? undefined : readRegister(step, index);
  if (left.kind === "pointer") {
    requireThat(sizeBytes === WORD && displacement === 0 && right !== undefined, "computes with a pointer");
    return pointer(id, elementTarget(step, left.target, right, scale));
  }
  const [a, b] = [requireNumber(left), requireNumber(right ?? constant(0))];
  const { state } = step;
  const bound = state.boundOf(a) + product(state.boundOf(b), scale, WORD) + displacement;
  const made = number(id, displacement < 0 || bound > maskOf(sizeBytes) ? maskOf(sizeBytes) : bound);
  const isSum = sizeBytes === WORD && base >= 0 && index >= 0 && scale === 1 && displacement === 0;
  const fits = state.boundOf(a) <= U32 && state.boundOf(b) <= U32;
  return isSum && fits ? { ...made, sum: [a.id, b.id] } : made;
}

function ripTarget({ context, instruction, field }: Step): Target {
  if (field === undefined) throw new Broken("takes an address by rip that the linker does not fill in");
  const byte = field.index + field.addend + (instruction.end - field.offset);
  requireThat(
    byte === field.index || fieldIsConstant(field.kind),
    "takes an address that is not the start of a thing",
  );
  switch (field.kind) {
    case Relocation.ConstantTable:
      return { to: "elements", table: field.index };
    case Relocation.DataSegment:
      return { to: "segment", segment: `data ${field.index}` };
    case Relocation.ElementSegment:
      return { to: "segment", segment: `element ${field.index}` };
    case Relocation.CodeBase:
      return { to: "code base" };
    case Relocation.Constant:
      requireThat(context.facts.jumpTable(byte) !== undefined, "takes the address of a constant");
      return { to: "jump table", offset: byte };
    default:
      throw new Broken(`takes an address by a field of kind ${field.kind}`);
  }
}

const fieldIsConstant = (kind: Relocation): boolean => kind === Relocation.Constant;

function memoryTarget(step: Step): Target {
  const { context, state, instruction, field } = step;
  const { index, scale, displacement } = instruction.memory!;
  if (field?.kind === Relocation.Context) {
    const part = context.facts.contextAt(field.index + field.addend);
    const isOwn = part?.kind === "table" && context.facts.module.tables[part.table]!.place === "own";
    requireThat(index < 0 && isOwn && part.byte === 0, "takes the address of a part of the context");
    return { to: "descriptor", table: part.table };
  }
  requireThat(
    index >= 0 && scale === 1 && displacement === 0,
    "takes an address in linear memory otherwise than by index",
  );
  const start = requireNumber(readRegister(step, index));
  requireThat(state.boundOf(start) <= U32, "takes an address in linear memory by more than 32 bits");
  return { to: "linear memory", start: start.id };
}

function elementTarget({ state }: Step, target: Target, index: Value, scale: number): Target {
  const by = requireNumber(index);
  requireThat(state.boundOf(by) <= U32, "computes an address with more than 32 bits");
  if (target.to === "elements" && scale === WORD) return { to: "element", table: target.table, index: by.id };
  const isSegment = target.to === "segment" && scale === (target.segment.startsWith("data") ? 1 : WORD);
  if (isSegment) return { to: "in segment", segment: target.segment, index: by.id };
  throw new Broken(`computes with a pointer to ${target.to}`);
}

/** The old value or the other: nobody asks which. */
const conditionalMove: Rule = (step) => {
  const size = sizeOf(step, 0);
  const [a, b] = [readOperand(step, 0), readOperand(step, 1, size)];
  const { state } = step;
  const id = freshId(step, OPERAND_PLACE);
  writeOperand(step, 0, meet(a, b, id, false, state.boundOf(a), state.boundOf(b)));
};

/** For 0 the target stays as it was. */
const bitScan: Rule = (step) => {
  const { state } = step;
  const size = sizeOf(step, 0);
  readNumber(step, 1);
  const before = state.boundOf(readNumber(step, 0, WORD));
  requireThat(size !== 4 || before <= U32, "scans into a register that is not zero-extended");
  writeFresh(step, 0, Math.max(before, 8 * size - 1));
};

const multiplyTo: Rule = (step) => {
  const { state, instruction } = step;
  const { operands } = instruction;
  if (operands.length === 1) return multiplyWide(step);
  const size = sizeOf(step, 0);
  const first = operands.length === 3 ? 1 : 0;
  const a = state.boundOf(readNumber(step, first));
  const b = state.boundOf(readNumber(step, first + 1, size));
  writeFresh(step, 0, product(a, b, size));
};

const multiplyWide: Rule = (step) => {
  const size = sizeOf(step, 0);
  readNumber(step, 0);
  requireNumber(readRegister(step, RAX));
  writeRegister(step, RAX, number(freshId(step, RAX), maskOf(size)), size);
  writeRegister(step, RDX, number(freshId(step, RDX), maskOf(size)), size);
};

function divide(isSigned: boolean): Rule {
  return (step) => {
    const { state } = step;
    const size = sizeOf(step, 0);
    const divisor = readNumber(step, 0);
    const low = requireNumber(readRegister(step, RAX));
    const high = requireNumber(readRegister(step, RDX));
    const isSmall = !isSigned && constantOf(high) === 0;
    const quotient = isSmall ? state.boundOf(low) : ANY;
    const remainder = isSigned ? ANY : Math.max(0, state.boundOf(divisor) - 1);
    const limit = maskOf(size);
    writeRegister(step, RAX, number(freshId(step, RAX), Math.min(quotient, limit)), size);
    writeRegister(step, RDX, number(freshId(step, RDX), Math.min(remainder, limit)), size);
  };
}

function extendSign(sizeBytes: number): Rule {
  return (step) => {
    requireNumber(readRegister(step, RAX));
    writeRegister(step, RDX, number(freshId(step, RDX), maskOf(sizeBytes)), sizeBytes);
  };
}

const subtractOrAdjust: Rule = (step) => (isStackPointer(step) ? adjustStack(step, -1) : subtract(step));

export const ARITHMETIC: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["Add", add],
  ["Sub", subtractOrAdjust],
  ["And", binary(Math.min)],
  ["Or", binary(union)],
  ["Xor", binary(union, true)],
  ["Neg", binary(any)],
  ["Not", binary(any)],
  ["Inc", binary((a) => a + 1)],
  ["Dec", binary(any)],
  ["Btc", binary(any)],
  ["Shl", shift((value, count) => value * 2 ** count, any)],
  ["Shr", shift(shiftRight, (value) => value)],
  ["Sar", shift(shiftRightSigned, any)],
  ["Rol", shift(any, any)],
  ["Ror", shift(any, any)],
  ["Lea", lea],
  ["Imul", multiplyTo],
  ["Mul", multiplyWide],
  ["Div", divide(false)],
  ["Idiv", divide(true)],
  ["Cdq", extendSign(4)],
  ["Cqo", extendSign(8)],
  ["Bsr", bitScan],
  ["Bsf", bitScan],
  ["Popcnt", (step) => (readNumber(step, 1), writeFresh(step, 0, 64))],
  ...["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"].flatMap(
    (condition): [string, Rule][] => [
      [`Cmov${condition}`, conditionalMove],
      [`Set${condition}`, (step) => writeFresh(step, 0, 1)],
    ],
  ),
]);
