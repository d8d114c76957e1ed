/**
 * Follows every virtual register through an allocation: which registers' values each physical register and slot may
 * hold, at every instruction, on every way. An operand must be read from where its value is.
 *
 * Nothing of the allocator is believed but its outcome: the rewritten operands, the moves, the slots. What an
 * instruction wanted is noted before (`Wishes`).
 */
import { Address, Pseudo, type Fixed, type Instruction } from "../instruction.ts";
import type { MachineBlock, MachineFunction } from "../program.ts";
import type { Allocation } from "./allocate.ts";
import { STEP } from "./liveness.ts";
import { HOME, type Move } from "./resolve.ts";

/** An instruction's operands as virtual registers. */
interface Wish {
  readonly def: number;
  readonly tied: number;
  readonly reg: number;
  readonly rm: number;
  readonly base: number;
  readonly index: number;
  readonly fixedUses: readonly Fixed[];
  readonly fixedDefs: readonly Fixed[];
  readonly clobbers: number;
}

export type Wishes = ReadonlyMap<Instruction, Wish>;

/** To be called before `allocate`. */
export function wishesOf(func: MachineFunction): Wishes {
  const wishes = new Map<Instruction, Wish>();
  for (const { instructions } of func.blocks) {
    for (const each of instructions) {
      const { def, tied, reg, rm, base, index, clobbers } = each;
      const fixed = { fixedUses: [...each.fixedUses], fixedDefs: [...each.fixedDefs] };
      wishes.set(each, { def, tied, reg, rm, base, index, clobbers, ...fixed });
    }
  }
  return wishes;
}

/** Physical registers by number; slots from here on, by their byte. */
const SLOT = 1000;
/** By place: the virtual registers whose value is there. */
type State = Map<number, ReadonlySet<number>>;
const NOTHING: ReadonlySet<number> = new Set();

/** What is read from where it is not, as lines; none if the allocation is right. */
export function findMisreads(func: MachineFunction, wishes: Wishes, allocation: Allocation): string[] {
  return new Follower(func, wishes, allocation).run();
}

class Follower {
  private readonly func: MachineFunction;
  private readonly wishes: Wishes;
  private readonly allocation: Allocation;
  private readonly entries = new Map<MachineBlock, State>();
  private readonly found = new Set<string>();
  private isReporting = false;
  private state: State = new Map();
  private where = "";

  constructor(func: MachineFunction, wishes: Wishes, allocation: Allocation) {
    this.func = func;
    this.wishes = wishes;
    this.allocation = allocation;
  }

  run(): string[] {
    const [first] = this.func.blocks;
    this.entries.set(first!, new Map());
    const work = [first!];
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      for (const successor of this.visit(block)) work.push(successor);
    }
    this.isReporting = true;
    for (const block of this.entries.keys()) this.visit(block);
    return [...this.found];
  }

  private report(message: string): void {
    if (this.isReporting) this.found.add(`${this.where}: ${message}`);
  }

  // Blocks.

  /** The successors that know less than before. A branch leaves the block where it stands, not at its end. */
  private visit(block: MachineBlock): Set<MachineBlock> {
    const { moves } = this.allocation;
    const changed = new Set<MachineBlock>();
    const leave = (successor: MachineBlock) => {
      if (this.enter(block, successor)) changed.add(successor);
    };
    this.state = new Map(this.entries.get(block));
    this.where = `block ${block.index}, start`;
    this.move(moves.atStart.get(block.index));
    this.move(moves.phiStores.get(block.index));
    for (const [index, instruction] of block.instructions.entries()) {
      const at = block.from + index * STEP;
      this.where = `block ${block.index}, position ${at}`;
      this.move(moves.before.get(at));
      if (instruction.pseudo === Pseudo.Jump) {
        this.where = `block ${block.index}, end`;
        this.move(moves.atEnd.get(block.index));
      }
      this.execute(instruction);
      this.move(moves.after.get(at));
      this.move(moves.stores.get(at));
      const { pseudo, target } = instruction;
      if (pseudo === Pseudo.Branch || pseudo === Pseudo.Jump) leave(block.successors[target]!);
      else if (pseudo === Pseudo.Switch) block.successors.forEach(leave);
    }
    return changed;
  }

  /** The successor learns what this way brings: true if it knows less now. */
  private enter(block: MachineBlock, successor: MachineBlock): boolean {
    const arriving = renamed(this.state, block, successor);
    const known = this.entries.get(successor);
    if (known === undefined) {
      this.entries.set(successor, arriving);
      return true;
    }
    let changed = false;
    for (const [place, held] of known) {
      const theirs = arriving.get(place) ?? NOTHING;
      const both = new Set([...held].filter((register) => theirs.has(register)));
      if (both.size === held.size) continue;
      known.set(place, both);
      changed = true;
    }
    return changed;
  }

  // Moves.

  private placeOf(at: number, register: number): number {
    if (at !== HOME) return at;
    const offset = this.allocation.slots.offsets[register]!;
    return offset < 0 ? -1 : SLOT + offset;
  }

  private held(place: number): ReadonlySet<number> {
    return this.state.get(place) ?? NOTHING;
  }

  /** All at once. */
  private move(list: readonly Move[] | undefined): void {
    if (list === undefined) return;
    const written = new Map<number, ReadonlySet<number>>();
    for (const { fromRegister, from, toRegister, to } of list) {
      const isConstant = from === HOME && this.func.registers[fromRegister]!.constant !== undefined;
      const source = isConstant ? -1 : this.placeOf(from, fromRegister);
      const held = isConstant ? new Set([fromRegister]) : this.held(source);
      if (!held.has(fromRegister))
        this.report(`register ${fromRegister} is moved from ${source}, where it is not`);
      const target = this.placeOf(to, toRegister < 0 ? fromRegister : toRegister);
      if (target < 0) this.report(`register ${toRegister} is moved nowhere`);
      const before = written.get(target);
      if (before !== undefined && ![...before].some((each) => held.has(each))) {
        this.report(`two values are moved to ${target}`);
      }
      written.set(target, held);
    }
    for (const [target, held] of written) this.put(target, held);
  }

  /** A vector slot covers two words. */
  private put(place: number, held: ReadonlySet<number>): void {
    this.state.set(place, held);
    if (place < SLOT) return;
    for (const near of [place - 8, place + 8]) {
      const isWide = (each: number) => this.func.registers[each]!.bytes === 16;
      const overlaps = near < place ? [...this.held(near)].some(isWide) : [...held].some(isWide);
      if (overlaps) this.state.delete(near);
    }
  }

  // Instructions.

  private read(register: number, place: number, what: string): void {
    if (register < 0 || this.held(place).has(register)) return;
    this.report(
      `${what} reads register ${register} from ${place}, which holds ${[...this.held(place)].join(" ")}`,
    );
  }

  private execute(instruction: Instruction): void {
    const wish = this.wishes.get(instruction);
    if (wish === undefined) throw new Error("an instruction was made by the allocator");
    this.read(wish.reg, instruction.reg, "reg");
    this.read(wish.base, instruction.base, "base");
    this.read(wish.index, instruction.index, "index");
    if (wish.rm >= 0) this.readRm(instruction, wish.rm);
    for (const { register, physical } of wish.fixedUses) this.read(register, physical, "fixed");
    const target = instruction.def >= 0 ? instruction.def : this.placeOf(HOME, Math.max(0, wish.def));
    if (wish.tied >= 0 && wish.def >= 0) this.read(wish.tied, target, "tied");
    for (let rest = wish.clobbers; rest !== 0; rest &= rest - 1) {
      this.state.delete(31 - Math.clz32(rest & -rest));
    }
    if (wish.def >= 0 && (instruction.def >= 0 || instruction.pseudo === Pseudo.Move))
      this.define(wish.def, target);
    for (const { register, physical } of wish.fixedDefs) this.define(register, physical);
  }

  private readRm(instruction: Instruction, register: number): void {
    if (instruction.address === Address.Slot) {
      this.read(register, SLOT + instruction.displacement, "rm");
    } else if (instruction.address === Address.Constant) {
      const isRight = instruction.constant === this.func.registers[register]!.constant;
      if (!isRight || instruction.constant === undefined)
        this.report(`rm reads a constant for register ${register}`);
    } else {
      this.read(register, instruction.rm, "rm");
    }
  }

  private define(register: number, place: number): void {
    forget(this.state, register);
    if (place >= 0) this.put(place, new Set([register]));
  }
}

/** What a register held before it is written anew is nowhere any more. */
function forget(state: State, register: number): void {
  for (const [place, held] of state) {
    if (held.has(register)) state.set(place, new Set([...held].filter((each) => each !== register)));
  }
}

/** Wherever a phi's argument is, the phi's value is. */
function renamed(state: State, block: MachineBlock, successor: MachineBlock): State {
  const index = successor.predecessors.indexOf(block);
  const defs = new Set(successor.phis.map(({ def }) => def));
  const result: State = new Map();
  for (const [place, held] of state) {
    const now = new Set([...held].filter((register) => !defs.has(register)));
    for (const { def, args } of successor.phis) if (held.has(args[index]!)) now.add(def);
    result.set(place, now);
  }
  return result;
}
