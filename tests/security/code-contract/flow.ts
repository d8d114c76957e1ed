/**
 * One function: its blocks, and what is known at the start of each, by iteration until nothing changes. Then every
 * block is gone through once more, and what breaks the contract is reported.
 *
 * The state at a block's start is what all ways into it agree on; a way that was not found yet does not count. So the
 * search starts with too much knowledge and loses what does not hold.
 */
import { FlowControl } from "iced-x86";
import type { CompiledFunction } from "../../../src/abi/object.ts";
import { CALLEE_SAVED } from "../../../src/x64/register.ts";
import { refine } from "./branches.ts";
import { returnFrom, tailCall, typedSlot, typedValue } from "./calls.ts";
import { FunctionContext, type Step } from "./context.ts";
import { decode, type Decoded } from "./decode.ts";
import type { ModuleFacts } from "./module-facts.ts";
import { requireForm, stepThrough } from "./step.ts";
import { slotPlace, State } from "./state.ts";
import { idOfEntry, pointer } from "./value.ts";
import { Broken, requireThat, showInstruction, type Violation } from "./violation.ts";

const VISITS_LIMIT = 200;
/** After so many visits, values that met at a block stay apart. */
const SETTLED_VISITS = 6;
const WORD = 8;

interface Block {
  readonly offset: number;
  readonly instructions: readonly Decoded[];
  /** What the last visits to its predecessors left, by their offset and the way taken. */
  readonly incoming: Map<number, State>;
  entry: State | undefined;
  visits: number;
}

interface Edge {
  readonly target: number;
  readonly state: State;
}

export function checkFunction(facts: ModuleFacts, func: CompiledFunction): Violation[] {
  return new FunctionCheck(facts, func).run();
}

class FunctionCheck {
  private readonly facts: ModuleFacts;
  private readonly context: FunctionContext;
  private readonly instructions: readonly Decoded[];
  private readonly end: number;
  private readonly blocks: Block[] = [];
  private readonly blockNumbers = new Map<number, number>();
  private readonly violations: Violation[] = [];

  constructor(facts: ModuleFacts, func: CompiledFunction) {
    this.facts = facts;
    this.context = new FunctionContext(facts, func);
    this.end = func.offset + func.sizeBytes;
    const hasField = (from: number, to: number) => facts.fieldWithin(from, to) !== undefined;
    this.instructions = decode(facts.module.code, func.offset, this.end, hasField);
  }

  run(): Violation[] {
    const last = this.instructions.at(-1);
    if (last === undefined || last.end !== this.end) {
      this.report(last?.end ?? this.context.func.offset, "holds bytes that are no instruction");
      return this.violations;
    }
    if (!this.findBlocks()) return this.violations;
    this.blocks[0]!.incoming.set(-1, this.entryState());
    this.solve();
    for (const block of this.blocks) this.reportBlock(block);
    return this.violations;
  }

  private report(offset: number, message: string): void {
    this.violations.push({ function: this.facts.nameOf(this.context.func.index), offset, message });
  }

  // Blocks.

  private findBlocks(): boolean {
    const starts = new Set(this.instructions.map(({ offset }) => offset));
    const leaders = new Set<number>([this.context.func.offset]);
    const { jumps } = this.facts.module;
    for (let at = 2; at < jumps.length; at += 3) {
      if (jumps[at]! >= this.context.func.offset && jumps[at]! < this.end) leaders.add(jumps[at]!);
    }
    for (const { flow, target, end, offset } of this.instructions) {
      if (flow === FlowControl.Next || flow === FlowControl.Call || flow === FlowControl.IndirectCall)
        continue;
      leaders.add(end);
      const isJump = flow === FlowControl.ConditionalBranch || flow === FlowControl.UnconditionalBranch;
      if (isJump && this.facts.fieldWithin(offset, end) === undefined) leaders.add(target);
    }
    leaders.delete(this.end);
    const astray = [...leaders].filter((offset) => !starts.has(offset));
    for (const offset of astray) this.report(offset, "is jumped to, but is no instruction of this function");
    this.cutAt(leaders);
    return astray.length === 0;
  }

  private cutAt(leaders: ReadonlySet<number>): void {
    let instructions: Decoded[] = [];
    for (const instruction of this.instructions) {
      if (leaders.has(instruction.offset)) {
        instructions = [];
        const block = {
          offset: instruction.offset,
          instructions,
          incoming: new Map<number, State>(),
          entry: undefined,
          visits: 0,
        };
        this.blockNumbers.set(block.offset, this.blocks.push(block) - 1);
      }
      instructions.push(instruction);
    }
  }

  private entryState(): State {
    const state = new State();
    const { type, places } = this.context;
    for (const register of CALLEE_SAVED) {
      state.registers[register] = pointer(idOfEntry(register), { to: "caller's register", register });
    }
    state.setSlot(0, { value: pointer(idOfEntry(slotPlace(0)), { to: "caller" }), sizeBytes: WORD });
    places.parameters.places.forEach((place, index) => {
      const of = type.parameters[index]!;
      if (place.kind === "integer") {
        state.registers[place.register] = typedValue(of, idOfEntry(place.register));
      }
      if (place.kind !== "stack") return;
      const offset = WORD + place.offset;
      state.setSlot(offset, typedSlot(of, idOfEntry(slotPlace(offset))));
    });
    return state;
  }

  // The search.

  private solve(): void {
    const dirty = new Uint8Array(this.blocks.length);
    dirty[0] = 1;
    for (let number = 0; number < this.blocks.length;) {
      if (dirty[number] === 0) {
        number++;
        continue;
      }
      dirty[number] = 0;
      const block = this.blocks[number]!;
      let first = number + 1;
      for (const target of this.visit(block)) {
        dirty[target] = 1;
        first = Math.min(first, target);
      }
      number = first;
    }
  }

  /** The numbers of blocks that may know less now. */
  private visit(block: Block): number[] {
    const entry = this.entryOf(block);
    if (block.entry !== undefined && entry.equals(block.entry)) return [];
    block.entry = entry;
    if (++block.visits > VISITS_LIMIT)
      throw new Error(`block ${block.offset.toString(16)} never comes to rest`);
    const reached: number[] = [];
    for (const [way, { target, state }] of this.leave(block, undefined).entries()) {
      const number = this.blockNumbers.get(target)!;
      this.blocks[number]!.incoming.set(block.offset * 1024 + way, state);
      reached.push(number);
    }
    return reached;
  }

  private entryOf(block: Block): State {
    const [first, ...others] = block.incoming.values();
    const entry = new State(first);
    const isSettled = block.visits > SETTLED_VISITS;
    for (const other of others) entry.meet(other, block.offset, block.entry, isSettled);
    return entry;
  }

  /** Goes through the block; the ways out of it, none where the contract is broken. */
  private leave(block: Block, report: ((instruction: Decoded, error: Broken) => void) | undefined): Edge[] {
    const state = new State(block.entry);
    for (const instruction of block.instructions) {
      const field = this.facts.fieldWithin(instruction.offset, instruction.end);
      const step: Step = { context: this.context, state, instruction, field };
      try {
        const { flow } = instruction;
        const isOrdinary =
          flow === FlowControl.Next || flow === FlowControl.Call || flow === FlowControl.IndirectCall;
        if (!isOrdinary) return this.finish(step);
        stepThrough(step);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        report?.(instruction, error);
        return [];
      }
    }
    const next = block.instructions.at(-1)!.end;
    return next === this.end ? this.fallOut(block, report) : [{ target: next, state }];
  }

  private fallOut(block: Block, report: ((instruction: Decoded, error: Broken) => void) | undefined): Edge[] {
    report?.(block.instructions.at(-1)!, new Broken("falls out of the function"));
    return [];
  }

  private finish(step: Step): Edge[] {
    const { instruction, state, field } = step;
    requireForm(step);
    switch (instruction.flow) {
      case FlowControl.ConditionalBranch: {
        requireThat(field === undefined, "branches where the linker says");
        const taken = new State(state);
        refine(taken, instruction.condition, true);
        refine(state, instruction.condition, false);
        requireThat(instruction.end < this.end, "falls out of the function");
        return [
          { target: instruction.end, state },
          { target: instruction.target, state: taken },
        ];
      }
      case FlowControl.UnconditionalBranch:
        if (field === undefined) return [{ target: instruction.target, state }];
        tailCall(step);
        return [];
      case FlowControl.IndirectBranch:
        return this.indirect(step);
      case FlowControl.Return:
        returnFrom(step);
        return [];
      case FlowControl.Exception:
        requireThat(instruction.mnemonic === "Ud2", "faults otherwise than by ud2");
        requireThat(this.facts.trapSites.has(instruction.offset), "may trap, but has no record");
        return [];
      default:
        throw new Broken(`${instruction.mnemonic.toLowerCase()} is no instruction of compiled code`);
    }
  }

  private indirect(step: Step): Edge[] {
    const operand = step.instruction.operands[0]!;
    requireThat(operand.kind === "general", "jumps to what memory says");
    const value = step.state.registers[operand.register]!;
    if (value.kind === "pointer" && value.target.to === "block") {
      const targets = new Set(this.facts.jumpTable(value.target.offset)!);
      for (const target of targets) {
        requireThat(this.blockNumbers.has(target), "has a jump table that leads out of the function");
      }
      return [...targets].map((target) => ({ target, state: step.state }));
    }
    requireThat(
      value.kind === "pointer" && value.target.to === "function",
      "jumps to what is no block of a table",
    );
    tailCall(step);
    return [];
  }

  // The report.

  private reportBlock(block: Block): void {
    if (block.entry === undefined) {
      const isPadding = block.instructions.every(({ mnemonic }) => mnemonic === "Nop");
      if (!isPadding) this.report(block.offset, "is never reached");
      return;
    }
    this.leave(block, (instruction, { message }) =>
      this.report(instruction.offset, `${showInstruction(instruction)} ${message}`),
    );
  }
}
