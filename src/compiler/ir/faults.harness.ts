/**
 * Holds a graph against what every pass may rely on (`graph.ts`): edges known at both ends, blocks in an order in
 * which what dominates comes first, one argument for each predecessor, uses that their definitions dominate, operands
 * of the right types. Dominance is found here anew, by the plain iterative way.
 */
import { valueTypeName, type ValueType } from "../../abi/wasm.ts";
import { rowOf } from "../wasm/tables/opcodes.ts";
import { nameOfOp } from "./listing.ts";
import { End, NONE, type Block, type Graph, type Value } from "./graph.ts";
import { Op, opcodeOf } from "./tables/op.ts";

/** What is wrong, as lines; none if all is well. */
export function findFaults(graph: Graph): string[] {
  return new Faults(graph).find();
}

const SUCCESSORS: Readonly<Record<End, number | undefined>> = {
  [End.Jump]: 1,
  [End.Branch]: 2,
  [End.Switch]: undefined,
  [End.Return]: 0,
  [End.Trap]: 0,
  [End.TailCall]: 0,
  [End.TailCallIndirect]: 0,
};

class Faults {
  private readonly graph: Graph;
  private readonly found: string[] = [];
  private readonly places = new Map<Value, { readonly block: Block; readonly at: number }>();
  /** By block: everything that dominates it. */
  private readonly dominators = new Map<Block, Set<Block>>();
  private block: Block;

  constructor(graph: Graph) {
    this.graph = graph;
    this.block = graph.entry;
  }

  find(): string[] {
    for (const block of this.graph.blocks) this.place(block);
    this.findDominators();
    for (const [index, block] of this.graph.blocks.entries()) {
      this.block = block;
      this.check(block.index === index, `is numbered ${block.index}`);
      this.edges(block);
      this.order(block);
      block.phis.forEach((phi) => this.phi(phi));
      block.values.forEach((value, at) => this.value(value, at));
      for (const input of block.inputs) this.use(input, block, Infinity);
      this.end(block);
    }
    return this.found;
  }

  private check(holds: boolean, message: string): void {
    if (!holds) this.found.push(`b${this.graph.blocks.indexOf(this.block)} ${message}`);
  }

  private place(block: Block): void {
    this.block = block;
    for (const [at, value] of [...block.phis, ...block.values].entries()) {
      this.check(!this.places.has(value), `has value ${value.id}, which stands elsewhere too`);
      this.check(value.block === block, `has value ${value.id}, which names another block`);
      this.places.set(value, { block, at });
    }
  }

  private findDominators(): void {
    const { blocks, entry } = this.graph;
    for (const block of blocks) this.dominators.set(block, new Set(block === entry ? [entry] : blocks));
    for (let changed = true; changed;) {
      changed = false;
      for (const block of blocks) {
        if (block === entry) continue;
        const before = this.dominators.get(block)!;
        const [first, ...others] = block.predecessors.map(
          (each) => this.dominators.get(each) ?? new Set<Block>(),
        );
        const both = [...(first ?? [])].filter((each) => others.every((other) => other.has(each)));
        const after = new Set([...both, block]);
        if (after.size === before.size) continue;
        this.dominators.set(block, after);
        changed = true;
      }
    }
  }

  private dominates(a: Block, b: Block): boolean {
    return this.dominators.get(b)!.has(a);
  }

  private edges(block: Block): void {
    const count = (list: readonly Block[], of: Block) => list.filter((each) => each === of).length;
    this.check(new Set(block.successors).size === block.successors.length, "has a successor twice");
    for (const successor of block.successors) {
      const same = count(block.successors, successor) === count(successor.predecessors, block);
      this.check(same, `has a successor b${successor.index} that does not know it`);
    }
    for (const predecessor of block.predecessors) {
      const isThere = this.graph.blocks.includes(predecessor) && predecessor.successors.includes(block);
      this.check(isThere, `has a predecessor b${predecessor.index} that does not lead to it`);
    }
  }

  private order(block: Block): void {
    if (block === this.graph.entry)
      return this.check(block.predecessors.length === 0, "is the entry, and jumped to");
    const isForward = block.predecessors.some((each) => each.index < block.index);
    this.check(isForward, "comes before all its predecessors");
    for (const each of block.predecessors) {
      if (each.index < block.index) continue;
      this.check(
        this.dominates(block, each),
        `is jumped back to from b${each.index}, which it does not dominate`,
      );
      this.check(
        block.predecessors[0]!.index < block.index,
        "is a loop's header whose first predecessor is inside",
      );
    }
    const { dominator } = block;
    const closest = [...this.dominators.get(block)!].filter((each) => each !== block);
    const isClosest = closest.every((each) => this.dominates(each, dominator));
    this.check(dominator !== block && closest.includes(dominator) && isClosest, "has a wrong dominator");
  }

  private phi(phi: Value): void {
    const { predecessors } = this.block;
    this.check(
      phi.args.length === predecessors.length,
      `has phi ${phi.id} with ${phi.args.length} arguments`,
    );
    for (const [index, argument] of phi.args.entries()) {
      this.check(argument.type === phi.type, `has phi ${phi.id} of values of another type`);
      const from = predecessors[index];
      if (from !== undefined) this.use(argument, from, Infinity);
    }
  }

  private value(value: Value, at: number): void {
    for (const argument of value.args) this.use(argument, this.block, at + this.block.phis.length);
    if (value.op >= Op.Constant) return;
    const { pop, push, special, name } = rowOf(opcodeOf(value.op));
    if (special) return;
    const show = (types: readonly (ValueType | typeof NONE)[]) =>
      types.map((type) => (type === NONE ? "nothing" : valueTypeName(type))).join(" ");
    const given = show(value.args.map(({ type }) => type));
    this.check(given === show(pop), `gives ${name} ${given}`);
    this.check((push[0] ?? NONE) === value.type, `takes ${show([value.type])} from ${name}`);
  }

  private use(value: Value, block: Block, at: number): void {
    if (value.isConstant) return;
    const place = this.places.get(value);
    const text = `uses ${nameOfOp(value.op)} ${value.id}`;
    if (place === undefined) return this.check(false, `${text}, which stands nowhere`);
    const isBefore = place.block === block ? place.at < at : this.dominates(place.block, block);
    this.check(isBefore, `${text}, which does not dominate the use`);
  }

  private end({ end, inputs, successors, cases }: Block): void {
    const wanted = SUCCESSORS[end];
    this.check(wanted === undefined || successors.length === wanted, `has ${successors.length} successors`);
    if (end === End.Switch) {
      const isWhole =
        successors.every((_, index) => cases.includes(index)) &&
        cases.every((each) => each < successors.length);
      this.check(isWhole && cases.length > 0, "has cases that do not fit its successors");
    }
    if (end === End.Return) {
      const same = JSON.stringify(inputs.map(({ type }) => type)) === JSON.stringify(this.graph.type.results);
      this.check(same, "returns values of other types");
    }
  }
}
