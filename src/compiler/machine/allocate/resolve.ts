/**
 * The moves that make parts of one register agree: where an interval is cut inside a block, on edges between blocks,
 * for phis, and for operands that an instruction wants in certain registers.
 *
 * A value that is ever in its stack slot is stored there once, right where it is defined, if that costs less than to
 * store it wherever it leaves its register: it never changes, so the slot stays good.
 */
import type { Instruction } from "../instruction.ts";
import type { MachineBlock, MachineFunction } from "../program.ts";
import { lowerBound, type Interval } from "./interval.ts";
import { copyPosition, STEP, type Liveness } from "./liveness.ts";
import { Parts } from "./parts.ts";
import { DROPPED } from "./scan.ts";

/** A physical register, or the home of a virtual one: its stack slot, or the constant it is. */
export const HOME = -1;

export interface Move {
  readonly fromRegister: number;
  readonly from: number;
  readonly toRegister: number;
  readonly to: number;
}

/** Lists of moves that happen at once, by position or block. */
export interface Moves {
  /** Before the instruction at a position. */
  readonly before: ReadonlyMap<number, readonly Move[]>;
  /** After it: out of the registers its results come in. */
  readonly after: ReadonlyMap<number, readonly Move[]>;
  /** After that: into slots. */
  readonly stores: ReadonlyMap<number, readonly Move[]>;
  readonly atStart: ReadonlyMap<number, readonly Move[]>;
  /** After those: phis into their slots. */
  readonly phiStores: ReadonlyMap<number, readonly Move[]>;
  /** Before the jump that ends the block. */
  readonly atEnd: ReadonlyMap<number, readonly Move[]>;
  /** Whether the virtual register needs a home. */
  readonly hasHome: (register: number) => boolean;
}

export function resolve(func: MachineFunction, liveness: Liveness): Moves {
  return new Resolver(func, liveness).run();
}

interface Store {
  readonly list: Move[];
  readonly move: Move;
  readonly frequency: number;
}

class Resolver {
  private readonly func: MachineFunction;
  private readonly liveness: Liveness;
  private readonly before = new Map<number, Move[]>();
  private readonly after = new Map<number, Move[]>();
  private readonly stores = new Map<number, Move[]>();
  private readonly atStart = new Map<number, Move[]>();
  private readonly phiStores = new Map<number, Move[]>();
  private readonly atEnd = new Map<number, Move[]>();
  /** By virtual register: every move from a register into its home. */
  private readonly storing = new Map<number, Store[]>();
  private readonly blockStarts: readonly number[];
  private readonly parts: Parts;

  constructor(func: MachineFunction, liveness: Liveness) {
    this.func = func;
    this.liveness = liveness;
    this.parts = new Parts(liveness.intervals);
    this.blockStarts = func.blocks.map((block) => block.from);
  }

  run(): Moves {
    for (const interval of this.liveness.intervals) if (interval !== undefined) this.cuts(interval);
    for (const block of this.func.blocks) {
      for (const [index, instruction] of block.instructions.entries()) {
        this.operands(instruction, block, block.from + index * STEP);
      }
      for (const successor of block.successors) this.edge(block, successor);
    }
    for (const [register, stores] of this.storing) this.placeStores(register, stores);
    const { before, after, stores, atStart, phiStores, atEnd } = this;
    return {
      before,
      after,
      stores,
      atStart,
      phiStores,
      atEnd,
      hasHome: (register) => this.hasHome(register),
    };
  }

  private add(lists: Map<number, Move[]>, key: number, move: Move, block: MachineBlock): void {
    if (move.from === move.to && (move.from >= 0 || move.fromRegister === move.toRegister)) return;
    let list = lists.get(key);
    if (list === undefined) lists.set(key, (list = []));
    list.push(move);
    if (move.to !== HOME || move.fromRegister !== move.toRegister || move.from === HOME) return;
    const store = { list, move, frequency: block.frequency * block.share };
    const known = this.storing.get(move.toRegister);
    if (known === undefined) this.storing.set(move.toRegister, [store]);
    else known.push(store);
  }

  private isConstant(register: number): boolean {
    return this.func.registers[register]!.constant !== undefined;
  }

  /** Where the register is at a position. */
  private placeAt(register: number, position: number): number {
    const { physical } = this.parts.at(register, position);
    return physical < 0 ? HOME : physical;
  }

  private cuts(first: Interval): void {
    for (let part = first; part.next !== undefined; part = part.next) {
      const { next } = part;
      if (part.physical === DROPPED || next.physical === DROPPED) continue;
      if (part.end !== next.start || this.isBlockStart(next.start)) continue;
      const { register } = part;
      const from = part.physical < 0 ? HOME : part.physical;
      const to = next.physical < 0 ? HOME : next.physical;
      if (to === HOME && this.isConstant(register)) continue;
      const move = { fromRegister: register, from, toRegister: register, to };
      this.add(this.before, next.start, move, this.blockAt(next.start));
    }
  }

  private isBlockStart(position: number): boolean {
    return this.blockStarts[lowerBound(this.blockStarts, position)] === position;
  }

  private blockAt(position: number): MachineBlock {
    let index = lowerBound(this.blockStarts, position + 1) - 1;
    while (this.func.blocks[index]!.to <= position) index++;
    return this.func.blocks[index]!;
  }

  /** Assigns the operands' registers, with the copies that fixed and tied ones need. */
  private operands(instruction: Instruction, block: MachineBlock, at: number): void {
    const copied = copyPosition(at, block.from);
    for (const { register, physical } of instruction.fixedUses) {
      const from = this.placeAt(register, copied);
      this.add(this.before, at, { fromRegister: register, from, toRegister: -1, to: physical }, block);
    }
    if (instruction.tied >= 0) {
      const { tied, def } = instruction;
      const from = this.placeAt(tied, copied);
      const to = this.placeAt(def, at + 1);
      this.add(this.before, at, { fromRegister: tied, from, toRegister: def, to }, block);
    }
    for (const { register, physical } of instruction.fixedDefs) {
      const to = this.placeAt(register, at + 3);
      if (to === HOME && !this.isRead(register)) continue;
      this.add(this.after, at, { fromRegister: register, from: physical, toRegister: register, to }, block);
    }
  }

  private isRead(register: number): boolean {
    const interval = this.liveness.intervals[register]!;
    return interval.uses.length > 1 || interval.next !== undefined || interval.end - interval.start > 1;
  }

  private edge(from: MachineBlock, to: MachineBlock): void {
    const single = to.predecessors.length === 1;
    const lists = single ? this.atStart : this.atEnd;
    const key = single ? to.index : from.index;
    const block = single ? to : from;
    this.liveness.liveIn[to.index]!.forEach((register) => {
      // One that was never cut is in one place.
      if (this.liveness.intervals[register]!.next === undefined) return;
      const source = this.placeAt(register, from.to - 1);
      const target = this.placeAt(register, to.from);
      if (target === HOME && this.isConstant(register)) return;
      this.add(lists, key, { fromRegister: register, from: source, toRegister: register, to: target }, block);
    });
    if (to.phis.length === 0) return;
    const index = to.predecessors.indexOf(from);
    for (const phi of to.phis) {
      const register = phi.args[index]!;
      const source = this.placeAt(register, from.to - 1);
      const target = this.placeAt(phi.def, to.from);
      this.add(lists, key, { fromRegister: register, from: source, toRegister: phi.def, to: target }, block);
    }
  }

  private placeStores(register: number, stores: readonly Store[]): void {
    const first = this.liveness.intervals[register]!;
    const block = this.blockAt(first.start);
    const cost = stores.reduce((sum, store) => sum + store.frequency, 0);
    const isHomeAtOnce = first.physical < 0;
    if (!isHomeAtOnce && cost < block.frequency * block.share) return;
    const defined = stores.filter(({ move }) => this.isDefinition(first, move));
    for (const { list, move } of stores) {
      if (!defined.some((each) => each.move === move)) list.splice(list.indexOf(move), 1);
    }
    if (isHomeAtOnce) return;
    const move = { fromRegister: register, from: first.physical, toRegister: register, to: HOME };
    const isPhi = first.start === block.from && block.phis.some((phi) => phi.def === register);
    const lists = isPhi ? this.phiStores : this.stores;
    const key = isPhi ? block.index : first.start & ~(STEP - 1);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [move]);
    else list.push(move);
  }

  /** The move out of the register that the result came in: the definition itself. */
  private isDefinition(first: Interval, move: Move): boolean {
    return this.after.get(first.start & ~(STEP - 1))?.includes(move) ?? false;
  }

  private hasHome(register: number): boolean {
    if (this.isConstant(register)) return false;
    for (let part = this.liveness.intervals[register]; part !== undefined; part = part.next) {
      if (part.physical === -1) return true;
    }
    return false;
  }
}
