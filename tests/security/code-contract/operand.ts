/** Reading and writing an instruction's operands: registers keep what is known of them, memory as `access.ts` says. */
import { accessOf, loaded, requireStorable } from "./access.ts";
import { freshId, OPERAND_PLACE, type Step } from "./context.ts";
import { ANY, constant, nothing, number, U32, type NumberValue, type Value } from "./value.ts";
import { Broken, requireThat } from "./violation.ts";

const RBX = 3;
const RSP = 4;
const WORD = 8;

export function maskOf(sizeBytes: number): number {
  return sizeBytes >= WORD ? ANY : 2 ** (8 * sizeBytes) - 1;
}

/** How many bytes of the operand the instruction is about. */
export function sizeOf(step: Step, index: number): number {
  const operand = step.instruction.operands[index]!;
  if (operand.kind === "general") return operand.sizeBytes;
  if (operand.kind === "memory") return step.instruction.memory!.sizeBytes;
  throw new Broken("an operand of a kind that compiled code has not");
}

/** The operand's value, zero-extended from the instruction's width. */
export function readOperand(step: Step, index: number, sizeBytes = sizeOf(step, index)): Value {
  const operand = step.instruction.operands[index]!;
  switch (operand.kind) {
    case "general":
      return narrowed(step, readRegister(step, operand.register), sizeBytes, OPERAND_PLACE + index);
    case "memory":
      return loaded(step, accessOf(step));
    case "immediate": {
      const bits = BigInt.asUintN(8 * sizeBytes, operand.value);
      return bits <= BigInt(U32) ? constant(Number(bits)) : number(freshId(step, OPERAND_PLACE + index), ANY);
    }
    default:
      throw new Broken("an operand of a kind that compiled code has not");
  }
}

export function readRegister({ state }: Step, register: number): Value {
  requireThat(register !== RBX, "takes the memory base for a value");
  requireThat(register !== RSP, "takes the stack pointer for a value");
  const value = state.registers[register]!;
  requireThat(value.kind !== "nothing", `reads register ${register}, which holds nothing`);
  return value;
}

/** The lower bytes of a value, zero-extended. */
function narrowed(step: Step, value: Value, sizeBytes: number, place: number): Value {
  if (sizeBytes >= WORD) return value;
  const { state } = step;
  // A function's offset has 32 bits.
  if (value.kind === "pointer" && value.target.to === "code offset" && sizeBytes === 4) return value;
  requireThat(value.kind === "number", `takes a part of a ${value.kind}`);
  const mask = maskOf(sizeBytes);
  for (const known of [value, value.low])
    if (known !== undefined && state.boundOf(known) <= mask) return known;
  return number(freshId(step, place), mask);
}

export function requireNumber(value: Value, what = "computes with"): NumberValue {
  if (value.kind !== "number") throw new Broken(`${what} a ${value.kind}`);
  return value;
}

export function readNumber(step: Step, index: number, sizeBytes?: number): NumberValue {
  return requireNumber(readOperand(step, index, sizeBytes));
}

/** An operand in a register or in memory becomes `value`. */
export function writeOperand(step: Step, index: number, value: Value): void {
  const operand = step.instruction.operands[index]!;
  if (operand.kind === "general") writeRegister(step, operand.register, value, operand.sizeBytes);
  else if (operand.kind === "memory") store(step, value);
  else throw new Broken("writes an operand of a kind that compiled code has not");
}

export function store(step: Step, value: Value): void {
  const access = accessOf(step);
  requireStorable(step, access, value);
  const { sizeBytes } = step.instruction.memory!;
  if (access.kind !== "stack") return;
  step.state.clearSlots(access.offset, sizeBytes);
  if (sizeBytes === 4 || sizeBytes === WORD || sizeBytes === 16)
    step.state.setSlot(access.offset, { value, sizeBytes });
}

/** A write of 4 bytes clears the upper ones; a smaller one leaves the rest as it was. */
export function writeRegister(step: Step, register: number, value: Value, sizeBytes: number): void {
  const { state } = step;
  requireThat(register !== RBX, "writes rbx");
  requireThat(register !== RSP, "writes rsp");
  if (sizeBytes >= 4) {
    state.registers[register] = narrowed(step, value, sizeBytes, register);
    return;
  }
  const before = state.registers[register]!;
  const id = freshId(step, register);
  if (before.kind !== "number") {
    state.registers[register] = nothing(id);
    return;
  }
  const part = requireNumber(value);
  const bound = state.boundOf(before);
  const smallest = Math.max(bound, state.boundOf(part));
  // Where nothing stands above the part, the part is all.
  const isAll = bound <= maskOf(sizeBytes);
  state.registers[register] = number(id, isAll ? smallest : Math.max(bound, bound <= U32 ? U32 : ANY));
}

/** A new number in the first operand. */
export function writeFresh(step: Step, index: number, bound: number): void {
  const operand = step.instruction.operands[index]!;
  const place = operand.kind === "general" ? operand.register : OPERAND_PLACE;
  const size = sizeOf(step, index);
  writeOperand(step, index, number(freshId(step, place), bound <= maskOf(size) ? bound : maskOf(size)));
}
