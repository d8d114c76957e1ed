/**
 * Which virtual registers each block is entered and left with (a backward data-flow problem, solved by iteration),
 * and from that the interval of every register.
 *
 * Positions: instruction i stands at 4i. Its operands are copied to where it wants them at 4i; it has read fixed
 * and tied operands at 4i+1, the others at 4i+2; results in fixed registers are ready at 4i+3.
 *
 *    4i          4i+1            4i+2          4i+3          4i+4
 *    │ moves     │ tied, fixed   │ reg, rm,    │ fixed       │
 *    │ before    │ are read;     │ addresses   │ results     │
 *    │           │ tied def      │ are read;   │ are moved   │
 *    │           │ written       │ def written │             │
 */
import { Form, Role } from "../../../x64/encoding.ts";
import { Address, Pseudo, type Instruction } from "../instruction.ts";
import type { MachineBlock, MachineFunction } from "../program.ts";
import { BitSet } from "./bit-set.ts";
import { FixedRanges } from "./fixed.ts";
import { Interval, UseKind } from "./interval.ts";

export const STEP = 4;

export interface Liveness {
  readonly intervals: readonly (Interval | undefined)[];
  readonly liveIn: readonly BitSet[];
  readonly fixed: FixedRanges;
}

export function findIntervals(func: MachineFunction): Liveness {
  let position = 0;
  for (const [index, block] of func.blocks.entries()) {
    block.index = index;
    block.from = position;
    position += block.instructions.length * STEP;
    block.to = position;
    noteLoops(block);
  }
  const liveOut = new Array<BitSet>(func.blocks.length);
  const liveIn = solve(func, liveOut);
  const builder = new IntervalBuilder(func);
  for (let i = func.blocks.length - 1; i >= 0; i--) builder.visit(func.blocks[i]!, liveOut[i]!);
  builder.fixed.finish();
  return { intervals: builder.intervals, liveIn, fixed: builder.fixed };
}

const COLD = 1;

/** A block belongs to its loops' ranges, unless it is cold and lies behind everything. */
function noteLoops(block: MachineBlock): void {
  if (block.frequency < COLD) return;
  for (let { loop } = block; loop !== undefined; loop = loop.outer) {
    if (loop.to === 0) loop.from = block.from;
    loop.to = block.to;
  }
}

/**
 * Where the copies of tied and fixed operands read: at the end of what comes before, so that a value that is cut at
 * `at` is copied from the place it had until then. Nothing comes before a block's first instruction.
 */
export function copyPosition(at: number, blockFrom: number): number {
  return at === blockFrom ? at : at - 1;
}

/** Calls `visit` for every virtual register that the instruction reads. */
export function forEachRead(instruction: Instruction, visit: (register: number) => void): void {
  if (instruction.tied >= 0) visit(instruction.tied);
  if (instruction.reg >= 0) visit(instruction.reg);
  if (instruction.rm >= 0) visit(instruction.rm);
  if (instruction.base >= 0) visit(instruction.base);
  if (instruction.index >= 0) visit(instruction.index);
  for (const use of instruction.fixedUses) visit(use.register);
}

function solve(func: MachineFunction, liveOut: BitSet[]): BitSet[] {
  const size = func.registers.length;
  const uses: BitSet[] = [];
  const defs: BitSet[] = [];
  for (const [index, block] of func.blocks.entries()) {
    const use = new BitSet(size);
    const def = new BitSet(size);
    for (const phi of block.phis) def.add(phi.def);
    for (const instruction of block.instructions) {
      forEachRead(instruction, (register) => {
        if (!def.has(register)) use.add(register);
      });
      if (instruction.def >= 0) def.add(instruction.def);
      for (const { register } of instruction.fixedDefs) def.add(register);
    }
    uses.push(use);
    defs.push(def);
    liveOut[index] = new BitSet(size);
  }
  // What a phi takes from a predecessor is live at that predecessor's end.
  for (const block of func.blocks) {
    for (const [index, predecessor] of block.predecessors.entries()) {
      for (const phi of block.phis) liveOut[predecessor.index]!.add(phi.args[index]!);
    }
  }
  const liveIn = uses;
  for (const [index, set] of liveIn.entries()) set.addAllBut(liveOut[index]!, defs[index]!);
  for (let changed = true; changed;) {
    changed = false;
    for (let i = func.blocks.length - 1; i >= 0; i--) {
      let grown = false;
      for (const successor of func.blocks[i]!.successors) {
        if (liveOut[i]!.addAll(liveIn[successor.index]!)) grown = true;
      }
      if (grown && liveIn[i]!.addAllBut(liveOut[i]!, defs[i]!)) changed = true;
    }
  }
  return liveIn;
}

class IntervalBuilder {
  readonly intervals: (Interval | undefined)[];
  readonly fixed = new FixedRanges();
  private readonly func: MachineFunction;

  constructor(func: MachineFunction) {
    this.func = func;
    this.intervals = new Array<Interval | undefined>(func.registers.length).fill(undefined);
  }

  visit(block: MachineBlock, liveOut: BitSet): void {
    if (block.to > block.from)
      liveOut.forEach((register) => this.of(register).addRange(block.from, block.to));
    for (let i = block.instructions.length - 1; i >= 0; i--) {
      this.instruction(block.instructions[i]!, block.from + i * STEP, block.from);
    }
    for (const phi of block.phis) {
      // No use: its value comes over the edges, to a register or a slot, whatever the block begins with.
      const interval = this.of(phi.def);
      interval.startAt(block.from);
      for (const argument of phi.args) {
        interval.hintRegister(argument);
        this.of(argument).hintRegister(phi.def);
      }
    }
  }

  private of(register: number): Interval {
    return (this.intervals[register] ??= new Interval(register, this.func.registers[register]!));
  }

  private instruction(instruction: Instruction, at: number, blockFrom: number): void {
    for (const { register, physical } of instruction.fixedDefs) {
      this.define(register, at + 3, UseKind.Any).hint(physical);
      this.fixed.block(physical, at + 1, at + 3);
    }
    if (instruction.def >= 0) {
      const start = instruction.tied >= 0 ? at + 1 : at + 2;
      const interval = this.define(instruction.def, start, defKind(instruction));
      if (instruction.tied >= 0) {
        interval.hintRegister(instruction.tied);
        this.of(instruction.tied).hintRegister(instruction.def);
      }
    }
    this.fixed.clobber(instruction.clobbers, at + 1, at + 3);
    const use = (register: number, to: number, position: number, kind: UseKind) => {
      const interval = this.of(register);
      interval.addRange(blockFrom, to);
      interval.addUse(position, kind);
      return interval;
    };
    if (instruction.reg >= 0) use(instruction.reg, at + 2, at, UseKind.Register);
    if (instruction.rm >= 0) use(instruction.rm, at + 2, at, this.rmKind(instruction));
    if (instruction.base >= 0) use(instruction.base, at + 2, at, UseKind.Register);
    if (instruction.index >= 0) use(instruction.index, at + 2, at, UseKind.Register);
    const copied = copyPosition(at, blockFrom);
    for (const { register, physical } of instruction.fixedUses) {
      use(register, at + 1, copied, UseKind.Any).hint(physical);
      this.fixed.block(physical, at + 1, at + 2);
    }
    if (instruction.tied >= 0) use(instruction.tied, at + 1, copied, UseKind.Any);
  }

  private define(register: number, at: number, kind: UseKind): Interval {
    const interval = this.of(register);
    interval.startAt(at);
    interval.addUse(at, kind);
    return interval;
  }

  /** May `rm` be read from its stack slot? */
  private rmKind(instruction: Instruction): UseKind {
    const { encoding } = instruction;
    if (encoding === undefined || instruction.address !== Address.None || encoding.rm !== Role.Read) {
      return UseKind.Register;
    }
    if (encoding.form === Form.RegisterOnly) return UseKind.Register;
    return encoding.rmBytes <= this.func.registers[instruction.rm]!.bytes ? UseKind.Any : UseKind.Register;
  }
}

/** A copy or constant that is only spilled need not pass through a register. */
function defKind(instruction: Instruction): UseKind {
  return instruction.pseudo === Pseudo.Move || instruction.pseudo === Pseudo.Constant
    ? UseKind.Any
    : UseKind.Register;
}
