/**
 * Registers for a function: liveness, scan, resolution, slots; then every operand is rewritten to where it is.
 *
 * After this, `def reg base index` are physical registers, and `rm` is one or a stack slot (`Address.Slot`).
 *
 * Tests: allocate.test.ts checks random functions by following every value through registers and slots.
 */
import { Address, Pseudo, type Instruction } from "../instruction.ts";
import type { CompilerOptions } from "../../optimization.ts";
import type { MachineFunction } from "../program.ts";
import { cutAtHubs } from "./hub.ts";
import { findIntervals, STEP, type Liveness } from "./liveness.ts";
import { Parts } from "./parts.ts";
import { resolve, type Moves } from "./resolve.ts";
import { scan } from "./scan.ts";
import { assignSlots, type Slots } from "./slots.ts";

export interface Allocation {
  readonly moves: Moves;
  readonly slots: Slots;
  /** A bit for each physical register that is ever written. */
  readonly used: number;
}

export function allocate(func: MachineFunction, { without }: CompilerOptions = {}): Allocation {
  const liveness = findIntervals(func);
  for (const interval of liveness.intervals) interval?.finish();
  if (without?.has("hubs") !== true) cutAtHubs(func, liveness.intervals);
  scan(func, liveness.intervals, liveness.fixed, without?.has("saved registers") !== true);
  const moves = resolve(func, liveness);
  const slots = assignSlots(func, liveness.intervals, moves.hasHome);
  new Rewriter(func, liveness, slots).run();
  let used = 0;
  for (const interval of liveness.intervals) {
    for (let part = interval; part !== undefined; part = part.next) {
      if (part.physical >= 0) used |= 1 << part.physical;
    }
  }
  return { moves, slots, used };
}

class Rewriter {
  private readonly func: MachineFunction;
  private readonly parts: Parts;
  private readonly slots: Slots;

  constructor(func: MachineFunction, liveness: Liveness, slots: Slots) {
    this.func = func;
    this.parts = new Parts(liveness.intervals);
    this.slots = slots;
  }

  run(): void {
    for (const block of this.func.blocks) {
      for (const [index, instruction] of block.instructions.entries()) {
        this.rewrite(instruction, block.from + index * STEP);
      }
    }
  }

  private rewrite(instruction: Instruction, at: number): void {
    if (instruction.def >= 0) {
      const { def } = instruction;
      instruction.def = this.parts.at(def, instruction.tied >= 0 ? at + 1 : at + 2).physical;
      if (
        instruction.def < 0 &&
        instruction.pseudo !== Pseudo.Move &&
        instruction.pseudo !== Pseudo.Constant
      ) {
        throw new Error(`result ${def} has no register at ${at}`);
      }
    }
    if (instruction.reg >= 0) instruction.reg = this.physical(instruction.reg, at);
    if (instruction.base >= 0) instruction.base = this.physical(instruction.base, at);
    if (instruction.index >= 0) instruction.index = this.physical(instruction.index, at);
    if (instruction.rm >= 0) this.rewriteRm(instruction, at);
  }

  private rewriteRm(instruction: Instruction, at: number): void {
    const { rm } = instruction;
    const part = this.parts.at(rm, at);
    if (part.physical >= 0) {
      instruction.rm = part.physical;
      return;
    }
    instruction.rm = -1;
    const { constant } = this.func.registers[rm]!;
    if (constant !== undefined) {
      instruction.address = Address.Constant;
      instruction.constant = constant;
    } else {
      instruction.address = Address.Slot;
      instruction.displacement = this.slots.offsets[rm]!;
    }
  }

  private physical(register: number, at: number): number {
    const { physical } = this.parts.at(register, at);
    if (physical < 0) throw new Error(`operand ${register} has no register at ${at}`);
    return physical;
  }
}
