/**
 * Unrolls small innermost loops: copies of the body stand one behind the other, each with its own way out.
 *
 * A short loop is bound by its jump back and by moving values between its turns; copies need neither, and what one
 * computes the next may use (`redundancy.ts` runs again afterwards). Before copying, the loop is closed: what is
 * used behind it goes through phis in blocks of its own at its exits, so that copies only have to add arguments to
 * those.
 */
import { effectOf, Effect } from "./effects.ts";
import { End, link, type Graph, type Loop, type Value, Block } from "./graph.ts";
import { dominates, findShape } from "./shape.ts";
import { Op } from "./tables/op.ts";
import { reorder } from "./reorder.ts";

/** Values in all copies together. */
const BUDGET = 160;
const FACTOR_LIMIT = 4;
/** Each loop looks through all blocks for uses of its values: so many looks, and the other loops stay as they are. */
const LOOKS_LIMIT = 100_000;

/** Keeps shape and order; true if anything was unrolled. */
export function unrollLoops(graph: Graph): boolean {
  const outer = new Set(graph.loops.map((loop) => loop.outer));
  const small = graph.loops.filter((loop) => !outer.has(loop) && factorOf(loop) > 1);
  let changed = false;
  const affordable = Math.ceil(LOOKS_LIMIT / graph.blocks.length);
  for (const loop of small.slice(0, affordable)) {
    const unroller = new Unroller(graph, loop);
    if (!unroller.canClose()) continue;
    unroller.run(factorOf(loop));
    changed = true;
  }
  if (changed) {
    reorder(graph);
    findShape(graph);
  }
  return changed;
}

function factorOf(loop: Loop): number {
  const { header, blocks } = loop;
  if (header.predecessors.length !== 2 || header.frequency < 1) return 1;
  let size = header.phis.length;
  for (const block of blocks) {
    if (block.end === End.Switch) return 1;
    size += block.values.length + 1;
    if (block.values.some((value) => effectOf(value.op) === Effect.Any)) return 1;
  }
  return Math.min(FACTOR_LIMIT, Math.floor(BUDGET / size));
}

class Unroller {
  private readonly graph: Graph;
  private readonly loop: Loop;
  private readonly members: ReadonlySet<Block>;
  /** Blocks outside that the loop goes to. */
  private readonly targets: ReadonlySet<Block>;

  constructor(graph: Graph, loop: Loop) {
    this.graph = graph;
    this.loop = loop;
    this.members = new Set(loop.blocks);
    this.targets = new Set(
      loop.blocks.flatMap((block) => block.successors.filter((each) => !this.members.has(each))),
    );
  }

  /** Whether each use behind the loop is reached through one exit alone. */
  canClose(): boolean {
    const own = this.ownTargets();
    const isReached = (block: Block) => own.some((target) => dominates(target, block));
    let possible = true;
    this.forEachOutsideUse((_value, block) => {
      possible &&= isReached(block);
    });
    return possible;
  }

  /** Targets that only the loop leads to: behind one of them, the loop was left that way. */
  private ownTargets(): Block[] {
    return [...this.targets].filter((target) => target.predecessors.every((each) => this.members.has(each)));
  }

  run(factor: number): void {
    this.close();
    const { header, blocks } = this.loop;
    const latch = header.predecessors[1]!;
    let previousLatch = latch;
    /** What the header's phis are in the next copy. */
    let entering = header.phis.map((phi) => phi.args[1]!);
    const last = entering;
    let copy = new Map<Value, Value>();
    let firstCopyHeader: Block | undefined;
    for (let turn = 1; turn < factor; turn++) {
      copy = new Map(header.phis.map((phi, index) => [phi, entering[index]!]));
      const copies = new Map(blocks.map((block) => [block, this.newBlock(block)]));
      const copiedHeader = copies.get(header)!;
      this.copyBlocks(copies, copy);
      if (turn === 1) firstCopyHeader = copiedHeader;
      else redirect(previousLatch, header, copiedHeader);
      previousLatch = copies.get(latch)!;
      entering = last.map((value) => copy.get(value) ?? value);
    }
    // The first turn now goes on to the first copy, and the last copy comes back.
    header.predecessors.pop();
    latch.successors[latch.successors.indexOf(header)] = firstCopyHeader!;
    firstCopyHeader!.predecessors.unshift(latch);
    header.predecessors.push(previousLatch);
    for (const [index, phi] of header.phis.entries()) phi.args[1] = entering[index]!;
  }

  private newBlock(original: Block): Block {
    const block = new Block();
    block.end = original.end;
    block.place = original.place;
    block.cases = original.cases;
    this.graph.blocks.push(block);
    return block;
  }

  /** Copies values and ends; edges to the header are left to who knows where they go. */
  private copyBlocks(copies: ReadonlyMap<Block, Block>, copy: Map<Value, Value>): void {
    const { header, blocks } = this.loop;
    const map = (value: Value) => copy.get(value) ?? value;
    const make = (value: Value, block: Block) => {
      const made = this.graph.make(
        value.op,
        value.type,
        value.args.map(map),
        block,
        value.immediate,
        value.big,
        value.place,
      );
      made.immediate2 = value.immediate2;
      copy.set(value, made);
      return made;
    };
    for (const block of blocks) {
      const target = copies.get(block)!;
      if (block !== header) for (const phi of block.phis) target.phis.push(make(phi, target));
      for (const value of block.values) target.values.push(make(value, target));
      target.inputs = block.inputs.map(map);
    }
    for (const block of blocks) {
      const from = copies.get(block)!;
      if (block !== header)
        for (const each of block.predecessors) copies.get(block)!.predecessors.push(copies.get(each)!);
      for (const successor of block.successors) {
        const inside = copies.get(successor);
        if (successor === header) from.successors.push(header);
        else if (inside !== undefined) from.successors.push(inside);
        else {
          const index = successor.predecessors.indexOf(block);
          link(from, successor);
          for (const phi of successor.phis) phi.args.push(map(phi.args[index]!));
        }
      }
    }
  }

  // Closing.

  private close(): void {
    const own = this.ownTargets();
    const exits = new Map([...this.targets].map((target) => [target, this.makeExit(target)]));
    const through = new Map<Value, Map<Block, Value>>();
    const replace: (() => void)[] = [];
    this.forEachOutsideUse((value, user, set) => {
      const target = own.find((each) => dominates(each, user));
      if (target === undefined) return;
      const exit = exits.get(target)!;
      let known = through.get(value);
      if (known === undefined) through.set(value, (known = new Map()));
      let phi = known.get(exit);
      if (phi === undefined) {
        const args = exit.predecessors.map(() => value);
        phi = this.graph.make(Op.Phi, value.type, args, exit, 0, 0n, value.place);
        known.set(exit, phi);
      }
      const closed = phi;
      replace.push(() => set(closed));
    }, new Set(exits.values()));
    for (const known of through.values()) for (const [exit, phi] of known) exit.phis.push(phi);
    for (const each of replace) each();
  }

  /** A block on all of the loop's edges to `target`. */
  private makeExit(target: Block): Block {
    const exit = new Block();
    exit.end = End.Jump;
    exit.dominator = target.dominator;
    this.graph.blocks.push(exit);
    const kept: Block[] = [];
    const indices: number[] = [];
    for (const [index, each] of target.predecessors.entries()) {
      if (this.members.has(each)) indices.push(index);
      else kept.push(each);
    }
    for (const index of indices) {
      const from = target.predecessors[index]!;
      from.successors[from.successors.indexOf(target)] = exit;
      exit.predecessors.push(from);
    }
    for (const phi of target.phis) {
      const inner = this.graph.make(
        Op.Phi,
        phi.type,
        indices.map((index) => phi.args[index]!),
        exit,
        0,
        0n,
        phi.place,
      );
      exit.phis.push(inner);
      const rest = phi.args.filter((_, index) => !indices.includes(index));
      phi.args.splice(0, phi.args.length, ...rest, inner);
    }
    target.predecessors.splice(0, target.predecessors.length, ...kept, exit);
    exit.successors.push(target);
    return exit;
  }

  /** Calls `visit` for each use outside of a value made in the loop; a phi uses where its edge comes from. */
  private forEachOutsideUse(
    visit: (value: Value, user: Block, set: (value: Value) => void) => void,
    skipped: ReadonlySet<Block> = new Set(),
  ): void {
    const isInside = (value: Value) => !value.isConstant && this.members.has(value.block);
    const list = (values: Value[], user: Block) => {
      for (const [index, value] of values.entries()) {
        if (isInside(value)) visit(value, user, (other) => void (values[index] = other));
      }
    };
    for (const block of this.graph.blocks) {
      if (this.members.has(block) || skipped.has(block)) continue;
      for (const phi of block.phis) {
        for (const [index, value] of phi.args.entries()) {
          const from = block.predecessors[index]!;
          if (!isInside(value) || this.members.has(from)) continue;
          visit(value, from, (other) => void (phi.args[index] = other));
        }
      }
      for (const value of block.values) list(value.args, block);
      list(block.inputs, block);
    }
  }
}

/** `from`'s edge to `target` goes to `instead`, which gets it as its only way in. */
function redirect(from: Block, target: Block, instead: Block): void {
  from.successors[from.successors.indexOf(target)] = instead;
  instead.predecessors.push(from);
}
