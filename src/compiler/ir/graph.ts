/**
 * The SSA form of one function: blocks of values.
 *
 * A value is an operation with its arguments; what it computes never changes. Phis stand at the start of a block,
 * one argument for each predecessor, in the predecessors' order. A block ends in one of a few ways (`End`); its
 * successors' order has a meaning there. Blocks are kept in reverse postorder, every loop's blocks together: the
 * builder makes them so, and every pass keeps it.
 */
import type { FunctionType, ValueType } from "../../abi/wasm.ts";
import { Op } from "./tables/op.ts";

/** The type of a value that is none: stores, calls without a result or with several. */
export const NONE = 0;
export type Type = ValueType | typeof NONE;

export class Value {
  readonly id: number;
  op: number;
  readonly type: Type;
  args: Value[];
  block: Block;
  /** i32 constants (signed), f32 bits, static offsets, indices, lanes: as the operation says. */
  immediate: number;
  immediate2 = 0;
  /** i64 constants (signed), f64 and v128 bits (unsigned), shuffles. */
  big: bigint;
  /** Byte of the instruction in the module. */
  readonly place: number;
  /** Numbers that passes keep for themselves while they run. */
  mark = 0;
  uses = 0;

  constructor(
    id: number,
    op: number,
    type: Type,
    args: Value[],
    block: Block,
    immediate: number,
    big: bigint,
    place: number,
  ) {
    this.id = id;
    this.op = op;
    this.type = type;
    this.args = args;
    this.block = block;
    this.immediate = immediate;
    this.big = big;
    this.place = place;
  }

  get isConstant(): boolean {
    return this.op === Op.Constant;
  }
}

/** How a block ends. */
export const enum End {
  /** To successor 0. */
  Jump = 0,
  /** inputs[0] not 0: to successor 0, else to successor 1. */
  Branch = 1,
  /** inputs[0] chooses from `cases` (the last for all larger): numbers of successors. */
  Switch = 2,
  /** With `inputs` as results. */
  Return = 3,
  /** By an unreachable instruction. */
  Trap = 4,
  /** Calls function `target` with `inputs` in this frame's place. */
  TailCall = 5,
  /** Calls through table `target2`, signature `target`; the element is the last input. */
  TailCallIndirect = 6,
}

export class Block {
  /** Its place in `Graph.blocks`. */
  index = -1;
  readonly phis: Value[] = [];
  values: Value[] = [];
  readonly predecessors: Block[] = [];
  readonly successors: Block[] = [];
  end: End = End.Trap;
  inputs: Value[] = [];
  cases: readonly number[] = [];
  target = 0;
  target2 = 0;
  /** Byte in the module of what ends it. */
  place = 0;
  /** The closest block that every way here passes; itself for the entry. */
  dominator: Block = this;
  dominatorDepth = 0;
  /** The innermost loop it lies in. */
  loop: Loop | undefined = undefined;
  /** How often it runs, relative to the entry, as far as the shape tells. */
  frequency = 1;
}

export interface Loop {
  readonly header: Block;
  readonly outer: Loop | undefined;
  readonly depth: number;
  /** All blocks, those of inner loops too; the header first. */
  readonly blocks: Block[];
}

export class Graph {
  readonly type: FunctionType;
  blocks: Block[] = [];
  loops: Loop[] = [];
  private valueCount = 0;

  constructor(type: FunctionType) {
    this.type = type;
  }

  get entry(): Block {
    return this.blocks[0]!;
  }

  /** Values made so far: every id is smaller. */
  get size(): number {
    return this.valueCount;
  }

  /** A value that stands in no block yet. */
  make(op: number, type: Type, args: Value[], block: Block, immediate = 0, big = 0n, place = 0): Value {
    return new Value(this.valueCount++, op, type, args, block, immediate, big, place);
  }
}

export function link(from: Block, to: Block): void {
  from.successors.push(to);
  to.predecessors.push(from);
}

/** Every argument that `visit` answers otherwise for is replaced: of values, phis and ends. */
export function mapArguments(block: Block, visit: (value: Value) => Value): void {
  const mapAll = (list: Value[]) => {
    for (let i = 0; i < list.length; i++) list[i] = visit(list[i]!);
  };
  for (const phi of block.phis) mapAll(phi.args);
  for (const value of block.values) mapAll(value.args);
  mapAll(block.inputs);
}

/** Counts into `uses` how many arguments and inputs name each value. */
export function countUses(graph: Graph): void {
  for (const block of graph.blocks) {
    for (const value of block.phis) value.uses = 0;
    for (const value of block.values) value.uses = 0;
  }
  for (const block of graph.blocks) {
    for (const phi of block.phis) for (const argument of phi.args) argument.uses++;
    for (const value of block.values) for (const argument of value.args) argument.uses++;
    for (const input of block.inputs) input.uses++;
  }
}
