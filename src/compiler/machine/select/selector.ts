/**
 * From SSA to machine instructions: the walk, and what all rules share.
 *
 * Blocks and values are visited backwards, so that a value's users are known before it: one that all its users have
 * folded into themselves (an address, a load as memory operand, a comparison before a branch) is never made. Rules,
 * one per operation, write their instructions forwards into a sequence, which is then put in front of what there is.
 *
 * A load is folded only into a user of its own block with nothing in between that writes or traps otherwise.
 */
import { ValueType } from "../../../abi/wasm.ts";
import type { TrapKind } from "../../../abi/trap.ts";
import type { Encoding } from "../../../x64/encoding.ts";
import { isVectorClass, type CallPlaces, placesOf } from "../../../x64/convention.ts";
import { Effect, effectOf } from "../../ir/effects.ts";
import type { Block, Graph, Loop, Type, Value } from "../../ir/graph.ts";
import { countUses } from "../../ir/graph.ts";
import { meet } from "../../ir/shape.ts";
import { Op } from "../../ir/tables/op.ts";
import type { Module } from "../../wasm/module.ts";
import type { ModuleLayout } from "../../layout.ts";
import type { CompilerOptions, Optimization } from "../../optimization.ts";
import { Address, Instruction, Pseudo, type Write } from "../instruction.ts";
import { moveEncodings } from "../moves.ts";
import { MachineBlock, MachineFunction, type MachineLoop } from "../program.ts";
import { ruleOf } from "./rules.ts";
import { selectEnd } from "./end.ts";

export type Rule = (selector: Selector, value: Value) => void;

/** What selection needs to know of the module. */
export interface ModuleView {
  readonly module: Module;
  readonly layout: ModuleLayout;
  readonly options: CompilerOptions;
}

export class Selector {
  readonly func = new MachineFunction();
  readonly graph: Graph;
  readonly view: ModuleView;
  readonly places: CallPlaces;
  /** Being selected: its block, and how many effects come before it there. */
  private block!: Block;
  private machineBlock!: MachineBlock;
  private mark = 0;
  /** By value: its virtual register, -1 if nothing needs it. */
  private readonly registers: Int32Array;
  private readonly folded: Uint8Array;
  private sequence: Instruction[] = [];
  /** Constants that the sequence uses, made before all of it: making one may change flags. */
  private prologue: Instruction[] = [];
  private reversed: Instruction[] = [];
  private readonly projections = new Map<Value, Value[]>();
  private readonly hoisted = new Map<Value, { register: number; block: Block }>();
  readonly machineBlocks: readonly MachineBlock[];

  constructor(graph: Graph, view: ModuleView) {
    this.graph = graph;
    this.view = view;
    this.places = placesOf(graph.type);
    this.registers = new Int32Array(graph.size).fill(-1);
    this.folded = new Uint8Array(graph.size);
    this.machineBlocks = graph.blocks.map(() => new MachineBlock());
  }

  run(): MachineFunction {
    const { graph, machineBlocks, func } = this;
    countUses(graph);
    this.numberEffects();
    const loops = this.makeLoops();
    for (const [index, block] of graph.blocks.entries()) {
      const machine = machineBlocks[index]!;
      machine.index = index;
      machine.frequency = block.frequency;
      machine.cases = block.cases;
      machine.loop = loops.get(block.loop);
      machine.isLoopHeader = block.loop?.header === block;
      machine.predecessors = block.predecessors.map((each) => machineBlocks[each.index]!);
      machine.successors = block.successors.map((each) => machineBlocks[each.index]!);
      for (const phi of block.phis) machine.phis.push({ def: this.define(phi), args: [] });
    }
    for (let index = graph.blocks.length - 1; index >= 0; index--) this.visit(graph.blocks[index]!);
    this.placeHoisted();
    func.blocks = machineBlocks.slice();
    return func;
  }

  private makeLoops(): ReadonlyMap<Loop | undefined, MachineLoop> {
    const made = new Map<Loop | undefined, MachineLoop>();
    // Outer loops come first.
    for (const loop of this.graph.loops) {
      const { depth, header, outer } = loop;
      made.set(loop, { outer: made.get(outer), depth, frequency: header.frequency, from: 0, to: 0 });
    }
    this.func.loops = [...made.values()];
    return made;
  }

  /** Result `index` of a call with several; undefined if it was dropped. */
  projectionOf(call: Value, index: number): Value | undefined {
    return this.projections.get(call)?.find((each) => each.immediate === index);
  }

  private numberEffects(): void {
    for (const block of this.graph.blocks) {
      let count = 0;
      for (const value of block.values) {
        if (value.op === Op.Projection) {
          const known = this.projections.get(value.args[0]!);
          if (known === undefined) this.projections.set(value.args[0]!, [value]);
          else known.push(value);
        }
        value.mark = count;
        if (isBarrier(value)) count++;
      }
    }
  }

  private visit(block: Block): void {
    this.block = block;
    this.machineBlock = this.machineBlocks[block.index]!;
    this.reversed = [];
    this.mark = block.values.reduce(
      (count, value) => Math.max(count, value.mark + (isBarrier(value) ? 1 : 0)),
      0,
    );
    this.phiArguments(block);
    selectEnd(this, block);
    this.flush();
    this.machineBlock.endingCount = this.reversed.length;
    for (let i = block.values.length - 1; i >= 0; i--) this.value(block.values[i]!);
    if (block === this.graph.entry) this.parameters();
    this.machineBlock.instructions = this.reversed.reverse();
  }

  private value(value: Value): void {
    if (this.folded[value.id] === 1) return;
    if (this.registers[value.id]! < 0 && !isBarrier(value) && effectOf(value.op) !== Effect.Load) return;
    if (value.op === Op.Parameter || value.op === Op.Projection) return;
    this.mark = value.mark;
    ruleOf(value.op)(this, value);
    this.flush();
  }

  private flush(): void {
    for (let i = this.sequence.length - 1; i >= 0; i--) this.reversed.push(this.sequence[i]!);
    for (let i = this.prologue.length - 1; i >= 0; i--) this.reversed.push(this.prologue[i]!);
    this.sequence = [];
    this.prologue = [];
  }

  /** What phis of the successors take from this block; constants are made here, at its end. */
  private phiArguments(block: Block): void {
    for (const successor of block.successors) {
      for (const [index, predecessor] of successor.predecessors.entries()) {
        if (predecessor !== block) continue;
        const machine = this.machineBlocks[successor.index]!;
        for (const [each, phi] of successor.phis.entries()) {
          machine.phis[each]!.args[index] = this.useOnce(phi.args[index]!);
        }
      }
    }
  }

  private parameters(): void {
    const instruction = new Instruction(Pseudo.Parameters, undefined);
    const fixed: { register: number; physical: number }[] = [];
    const loads: Instruction[] = [];
    for (const value of this.graph.entry.values) {
      if (value.op !== Op.Parameter || this.registers[value.id]! < 0) continue;
      const place = this.places.parameters.places[value.immediate]!;
      const register = this.registers[value.id]!;
      if (place.kind === "stack") loads.push(this.incoming(register, value.type as ValueType, place.offset));
      else fixed.push({ register, physical: place.register + (place.kind === "vector" ? 16 : 0) });
    }
    instruction.fixedDefs = fixed;
    this.reversed.push(...loads.reverse(), instruction);
  }

  private incoming(register: number, type: ValueType, offset: number): Instruction {
    const load = new Instruction(Pseudo.None, moveEncodings(type).load);
    load.def = register;
    load.address = Address.Incoming;
    load.displacement = offset;
    return load;
  }

  // Registers.

  /** A new virtual register for a value of this type. */
  fresh(type: Type, constant?: Value): number {
    const bytes = type === ValueType.V128 ? 16 : type === ValueType.I32 || type === ValueType.F32 ? 4 : 8;
    return this.func.register(isVectorClass(type as ValueType), bytes, constant);
  }

  /** The register that holds `value` where its rule defines it. */
  define(value: Value): number {
    const known = this.registers[value.id]!;
    if (known >= 0) return known;
    return (this.registers[value.id] = this.fresh(value.type));
  }

  isNeeded(value: Value): boolean {
    return this.registers[value.id]! >= 0;
  }

  /** The register to read `value` from. */
  use(value: Value): number {
    if (!value.isConstant) return this.define(value);
    if (this.block.loop === undefined) return this.useOnce(value);
    const known = this.hoisted.get(value);
    if (known !== undefined) {
      known.block = meet(known.block, this.block);
      return known.register;
    }
    const register = this.fresh(value.type, value);
    this.hoisted.set(value, { register, block: this.block });
    return register;
  }

  /** As `use`; a constant gets a register of its own for this use. */
  useOnce(value: Value): number {
    if (!value.isConstant) return this.define(value);
    const register = this.fresh(value.type, value);
    this.prologue.push(constantInstruction(register, value));
    return register;
  }

  /** Constants used in loops are made before the outermost loop that holds all their uses. */
  private placeHoisted(): void {
    for (const [value, { register, block }] of this.hoisted) {
      let target = block;
      while (target.loop !== undefined) target = target.loop.header.dominator;
      const { instructions, endingCount } = this.machineBlocks[target.index]!;
      instructions.splice(instructions.length - endingCount, 0, constantInstruction(register, value));
    }
  }

  // Folding.

  get inLoop(): boolean {
    return this.block.loop !== undefined;
  }

  /** Whether `value` may be made as part of its only user, the one being selected. */
  isFoldable(value: Value): boolean {
    if (value.uses !== 1 || value.block !== this.block || this.registers[value.id]! >= 0) return false;
    const effect = effectOf(value.op);
    if (effect === Effect.Pure) return value.op !== Op.Phi && value.op !== Op.Parameter;
    return effect === Effect.Load && value.mark === this.mark && this.does("load folding");
  }

  does(optimization: Optimization): boolean {
    return this.view.options.without?.has(optimization) !== true;
  }

  /** `value` is made by its user: it gets no instructions of its own. */
  fold(value: Value): void {
    this.folded[value.id] = 1;
  }

  // Emitting.

  emit(instruction: Instruction): Instruction {
    this.sequence.push(instruction);
    return instruction;
  }

  /** An instruction of one encoding, not yet emitted. */
  make(encoding: Encoding, place: number): Instruction {
    const instruction = new Instruction(Pseudo.None, encoding);
    instruction.place = place;
    return instruction;
  }

  pseudo(pseudo: Pseudo, place: number, encoding?: Encoding): Instruction {
    const instruction = new Instruction(pseudo, encoding);
    instruction.place = place;
    return this.emit(instruction);
  }

  /** A sequence that writes itself once its operands have registers. */
  written(write: Write, place: number, encoding?: Encoding): Instruction {
    const instruction = this.pseudo(Pseudo.Written, place, encoding);
    instruction.write = write;
    return instruction;
  }

  /** def = copy of `from`. */
  move(def: number, from: number): void {
    const instruction = this.pseudo(Pseudo.Move, 0);
    instruction.def = def;
    instruction.tied = from;
  }

  /** Traps if `condition` holds. */
  trapIf(condition: number, trap: TrapKind, place: number): void {
    const instruction = this.pseudo(Pseudo.TrapIf, place);
    instruction.condition = condition;
    instruction.trap = trap;
  }
}

function isBarrier(value: Value): boolean {
  const effect = effectOf(value.op);
  return (
    effect !== Effect.Pure &&
    effect !== Effect.Load &&
    effect !== Effect.ReadState &&
    value.op !== Op.Projection
  );
}

function constantInstruction(register: number, value: Value): Instruction {
  const instruction = new Instruction(Pseudo.Constant, undefined);
  instruction.def = register;
  instruction.constant = value;
  return instruction;
}
