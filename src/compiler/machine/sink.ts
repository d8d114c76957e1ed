/**
 * Moves what a hub computes for its regions into them (`regions.ts`): a sum with a constant, or a constant, costs as
 * much there, is not computed for the others, and needs no register from the hub on.
 */
import { forEachRead } from "./allocate/liveness.ts";
import { Instruction, Pseudo } from "./instruction.ts";
import type { MachineBlock, MachineFunction } from "./program.ts";
import { findHubs, HUB, OUTSIDE } from "./regions.ts";

export function sinkIntoRegions(func: MachineFunction): void {
  for (const { regions } of findHubs(func)) new Sinking(func, regions).run();
}

/** Puts another register in the place of one that is read. */
type Read = (to: number) => void;

class Sinking {
  private readonly func: MachineFunction;
  private readonly regions: readonly number[];
  /** By register that the hub defines, by region: where it is read. */
  private readonly readers = new Map<number, Map<number, Read[]>>();

  constructor(func: MachineFunction, regions: readonly number[]) {
    this.func = func;
    this.regions = regions;
    for (const { index, instructions } of func.blocks) {
      if (regions[index] !== HUB) continue;
      for (const each of instructions) if (isCheap(each)) this.readers.set(each.def, new Map());
    }
    for (const block of func.blocks) this.note(block);
  }

  run(): void {
    for (const block of this.func.blocks) {
      if (this.regions[block.index] !== HUB) continue;
      block.instructions = block.instructions.filter((each) => !this.sink(each));
    }
  }

  private note(block: MachineBlock): void {
    for (const each of block.instructions) {
      forEachRead(each, (register) => this.add(register, block, (to) => rename(each, register, to)));
    }
    for (const { args } of block.phis) {
      for (const [index, register] of args.entries()) {
        this.add(register, block.predecessors[index]!, (to) => void (args[index] = to));
      }
    }
  }

  private add(register: number, { index }: MachineBlock, read: Read): void {
    const readers = this.readers.get(register);
    if (readers === undefined) return;
    const region = this.regions[index]!;
    const known = readers.get(region);
    if (known === undefined) readers.set(region, [read]);
    else known.push(read);
  }

  /** False where something else than a region reads it. */
  private sink(instruction: Instruction): boolean {
    const readers = this.readers.get(instruction.def);
    if (readers === undefined || readers.has(HUB) || readers.has(OUTSIDE)) return false;
    for (const [region, reads] of readers) {
      const { isVector, bytes, constant } = this.func.registers[instruction.def]!;
      const copy = Object.assign(new Instruction(instruction.pseudo, instruction.encoding), instruction);
      copy.def = this.func.register(isVector, bytes, constant);
      for (const read of reads) read(copy.def);
      this.func.blocks[region]!.instructions.unshift(copy);
    }
    return true;
  }
}

/** What a region would rather compute itself than be given. */
function isCheap({ pseudo, base, index, def }: Instruction): boolean {
  if (def < 0) return false;
  if (pseudo === Pseudo.Add) return base >= 0 && index < 0;
  return pseudo === Pseudo.Constant || pseudo === Pseudo.Zero;
}

function rename(instruction: Instruction, from: number, to: number): void {
  if (instruction.tied === from) instruction.tied = to;
  if (instruction.reg === from) instruction.reg = to;
  if (instruction.rm === from) instruction.rm = to;
  if (instruction.base === from) instruction.base = to;
  if (instruction.index === from) instruction.index = to;
  for (const use of instruction.fixedUses) if (use.register === from) use.register = to;
}
