/** Moves, exchanges, comparisons, the stack, and everything that goes through vector registers. */
import { Relocation } from "../../../src/abi/object.ts";
import { ValueType } from "../../../src/abi/wasm.ts";
import { accessOf, limitOf, requireStorable, loaded } from "./access.ts";
import { moveStack } from "./arithmetic.ts";
import { freshId, OPERAND_PLACE, type Rule, type Step } from "./context.ts";
import {
  maskOf,
  readNumber,
  readOperand,
  readRegister,
  requireNumber,
  sizeOf,
  store,
  writeFresh,
  writeOperand,
  writeRegister,
} from "./operand.ts";
import type { Operand } from "./decode.ts";
import type { Limit, Slot } from "./state.ts";
import { ANY, nothing, number, pointer, U32, type Value } from "./value.ts";
import { Broken, requireThat } from "./violation.ts";

const RAX = 0;
const WORD = 8 as const;

const move: Rule = (step) => {
  const { instruction, field } = step;
  const size = sizeOf(step, 0);
  if (field?.kind === Relocation.FunctionReference) {
    requireThat(
      field.offset === instruction.immediateAt && field.addend === 0 && size === WORD,
      "misplaces a reference",
    );
    const id = freshId(step, OPERAND_PLACE);
    return writeOperand(step, 0, { kind: "reference", id, type: ValueType.FuncRef });
  }
  writeOperand(step, 0, readOperand(step, 1, size));
};

const zeroExtend: Rule = (step) => writeOperand(step, 0, readNumber(step, 1));

const signExtend: Rule = (step) => {
  if (step.instruction.memory !== undefined) {
    const access = accessOf(step);
    const target = step.instruction.operands[0]!;
    if (access.kind === "jump entry" && target.kind === "general") {
      requireThat(
        target.sizeBytes === WORD && step.instruction.mnemonic === "Movsxd",
        "reads half of a jump entry",
      );
      const made = pointer(freshId(step, target.register), { to: "jump distance", offset: access.table });
      return writeRegister(step, target.register, made, WORD);
    }
  }
  readNumber(step, 1);
  writeFresh(step, 0, ANY);
};

const exchange: Rule = (step) => {
  const [a, b] = [readOperand(step, 0), readOperand(step, 1)];
  writeOperand(step, 0, b);
  writeOperand(step, 1, a);
};

const exchangeAdd: Rule = (step) => {
  const held = readNumber(step, 0);
  readNumber(step, 1);
  writeFresh(step, 0, ANY);
  writeOperand(step, 1, held);
};

const compareExchange: Rule = (step) => {
  const { state } = step;
  readNumber(step, 0);
  readNumber(step, 1);
  const size = sizeOf(step, 0);
  const before = requireNumber(readRegister(step, RAX));
  writeFresh(step, 0, ANY);
  // The accumulator keeps what it has, or gets what memory held.
  const bound = Math.max(state.boundOf(before), maskOf(size));
  state.registers[RAX] = number(freshId(step, RAX), bound <= U32 ? bound : ANY);
};

const compare: Rule = (step) => {
  const { state, instruction, field } = step;
  const size = sizeOf(step, 0);
  if (field?.kind === Relocation.Signature) {
    const access = accessOf(step);
    const isWhole = access.kind === "element" && access.byte === 0 && size === 4;
    requireThat(
      isWhole && field.offset === instruction.immediateAt,
      "compares a signature with what is none",
    );
    state.flags = { kind: "signature", table: access.table, index: access.index, type: field.index };
    return;
  }
  if (isSignature(step)) return;
  const [left, right] = [comparedOperand(step, 0, size), comparedOperand(step, 1, size)];
  if ("limit" in left || size < 4) return;
  state.flags = { kind: "compare", left, right, bits: size === 4 ? 32 : 64 };
};

/** The other comparison of an element's signature: with 0, to tell null from a mismatch. */
function isSignature(step: Step): boolean {
  const { memory, operands } = step.instruction;
  if (memory === undefined || operands[1]!.kind !== "immediate") return false;
  const access = accessOf(step);
  return access.kind === "element" && access.byte === 0 && memory.sizeBytes === 4;
}

function comparedOperand(step: Step, index: number, size: number): Value | Limit {
  if (step.instruction.operands[index]!.kind === "memory") {
    const limit = limitOf(accessOf(step), step.instruction.memory!.sizeBytes);
    if (limit !== undefined) return limit;
  }
  const value = readOperand(step, index, size);
  requireThat(value.kind !== "pointer", "compares a pointer");
  return value;
}

const test: Rule = (step) => {
  const size = sizeOf(step, 0);
  if (step.instruction.memory?.base === RSP) return probe(step);
  comparedOperand(step, 0, size);
  comparedOperand(step, 1, size);
};

const RSP = 4;

/** Whatever is in the register and there: only that the stack is touched counts. */
function probe(step: Step): void {
  accessOf(step);
  if (step.instruction.memory!.displacement >= 0) readOperand(step, 0);
}

const push: Rule = (step) => {
  const { state, instruction } = step;
  const operand = instruction.operands[0]!;
  requireThat(operand.kind === "general" || operand.kind === "memory", "pushes a constant");
  const slot = operand.kind === "memory" ? pushedSlot(step) : undefined;
  const pushed = slot ?? { value: readOperand(step, 0, WORD), sizeBytes: WORD };
  moveStack(step, state.rsp - WORD);
  state.touched = Math.min(state.touched, state.rsp);
  state.setSlot(state.rsp, pushed);
};

/** A slot of 4 bytes may be pushed with what stands above them, which nobody looks at. */
function pushedSlot(step: Step): Slot {
  const access = accessOf(step);
  const slot = access.kind === "stack" ? step.state.slotAt(access.offset) : undefined;
  requireThat(slot !== undefined, "pushes what is no slot, or holds nothing");
  return slot;
}

const pop: Rule = (step) => {
  const { state, instruction } = step;
  const slot = state.slotAt(state.rsp);
  requireThat(slot !== undefined, "pops a slot that holds nothing");
  moveStack(step, state.rsp + WORD);
  if (slot.sizeBytes === WORD) return writeOperand(step, 0, slot.value);
  const low = requireNumber(slot.value);
  if (instruction.operands[0]!.kind === "general") {
    return writeOperand(step, 0, { ...number(freshId(step, OPERAND_PLACE), ANY), low });
  }
  const access = accessOf(step);
  requireThat(access.kind === "stack", "pops into what is no slot");
  state.clearSlots(access.offset, WORD);
  state.setSlot(access.offset, slot);
};

/**
 * Moves of slots are followed, so that what was spilled is known once it is back. More may be moved than is there:
 * it stays in the stack.
 */
function vectorMove(sizeBytes: 4 | 8 | 16): Rule {
  return (step) => {
    const { state, instruction } = step;
    const [target, source] = instruction.operands as [Operand, Operand];
    if (target.kind === "vector" && source.kind === "memory") {
      const access = accessOf(step);
      if (access.kind !== "stack") {
        requireNumber(loaded(step, access));
        state.vectors[target.register] = undefined;
        return;
      }
      const slot = state.slotAt(access.offset);
      const isPart = slot !== undefined && slot.sizeBytes > sizeBytes;
      state.vectors[target.register] = isPart ? undefined : (slot ?? EMPTY);
      return;
    }
    if (target.kind !== "memory" || source.kind !== "vector") return vector(step);
    const held = state.vectors[source.register];
    const access = accessOf(step);
    if (access.kind !== "stack" || held === undefined || held.sizeBytes > sizeBytes) {
      requireThat(
        access.kind === "stack" || (held?.sizeBytes ?? sizeBytes) >= sizeBytes,
        "lets the stack out",
      );
      const value = held === undefined || held.value.kind === "number" ? undefined : held.value;
      return store(step, value ?? number(freshId(step, OPERAND_PLACE), maskOf(sizeBytes)));
    }
    state.clearSlots(access.offset, sizeBytes);
    if (held !== EMPTY) state.setSlot(access.offset, held);
  };
}

/** What was read from where nothing was stored. */
const EMPTY: Slot = { value: nothing(0), sizeBytes: 4 };

const vector: Rule = (step) => {
  const { state, instruction } = step;
  for (const [index, operand] of instruction.operands.entries()) {
    if (operand.kind === "string" || operand.kind === "other") throw new Broken("is a string instruction");
    if (operand.kind === "memory") vectorMemory(step);
    else if (operand.kind === "vector" && index === 0) state.vectors[operand.register] = undefined;
    else if (operand.kind === "general" && index === 0)
      writeFresh(step, 0, operand.sizeBytes === 4 ? U32 : ANY);
    else if (operand.kind === "general") readNumber(step, index);
  }
};

function vectorMemory(step: Step): void {
  const { memory } = step.instruction;
  const access = accessOf(step);
  if (memory!.writes) {
    requireStorable(step, access, undefined);
    if (access.kind === "stack") storeVector(step, access.offset);
  } else requireNumber(loaded(step, access));
}

function storeVector(step: Step, offset: number): void {
  const { state, instruction } = step;
  const { sizeBytes } = instruction.memory!;
  state.clearSlots(offset, sizeBytes);
  if (sizeBytes !== 4 && sizeBytes !== WORD && sizeBytes !== 16) return;
  state.setSlot(offset, { value: number(freshId(step, OPERAND_PLACE), maskOf(sizeBytes)), sizeBytes });
}

export const MOVES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["Mov", move],
  ["Movzx", zeroExtend],
  ["Movsx", signExtend],
  ["Movsxd", signExtend],
  ["Xchg", exchange],
  ["Xadd", exchangeAdd],
  ["Cmpxchg", compareExchange],
  ["Cmp", compare],
  ["Test", test],
  ["Push", push],
  ["Pop", pop],
  ["Nop", () => {}],
  ["Movd", vectorMove(4)],
  ["Movq", vectorMove(8)],
  ["Movups", vectorMove(16)],
]);

export { vector as vectorRule };
