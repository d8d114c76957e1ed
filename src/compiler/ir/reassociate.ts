/**
 * Sums of several terms in an order that waits least: what is ready first is added first.
 *
 * The terms of a tree of one associative operation are ranked by when they are ready, counted in the block from what
 * a loop carries. What depends only on counters and on values from outside the loop is ready long before: processors
 * run ahead there. A constant comes last, where it becomes part of an address or an immediate.
 */
import { countUses, type Block, type Graph, type Loop, type Value } from "./graph.ts";
import { Effect, effectOf } from "./effects.ts";
import { Op } from "./tables/op.ts";

const ASSOCIATIVE: ReadonlySet<number> = new Set<number>([
  Op.I32Add,
  Op.I32Xor,
  Op.I32And,
  Op.I32Or,
  Op.I64Add,
  Op.I64Xor,
  Op.I64And,
  Op.I64Or,
]);

/** Ready before everything that a loop carries. */
const AHEAD = -1000;
const LOAD_LATENCY = 4;
const MULTIPLY_LATENCY = 3;
const DIVIDE_LATENCY = 20;
/** Larger trees stay as they are. */
const TERMS_LIMIT = 32;

interface Term {
  readonly value: Value;
  readonly ready: number;
}

export function reassociate(graph: Graph): void {
  countUses(graph);
  for (const block of graph.blocks) new Reassociation(graph, block).run();
}

class Reassociation {
  private readonly graph: Graph;
  private readonly block: Block;
  private readonly ready = new Map<Value, number>();

  constructor(graph: Graph, block: Block) {
    this.graph = graph;
    this.block = block;
  }

  run(): void {
    const { block } = this;
    for (const phi of block.phis) this.ready.set(phi, isCounter(phi) ? AHEAD : 0);
    const inner = this.findInner();
    const values: Value[] = [];
    for (const value of block.values) {
      if (ASSOCIATIVE.has(value.op) && !inner.has(value)) this.rebuild(value, values);
      this.ready.set(value, this.latest(value) + latencyOf(value));
      values.push(value);
    }
    block.values = values;
  }

  /** What is only a part of a larger tree. */
  private findInner(): ReadonlySet<Value> {
    const inner = new Set<Value>();
    for (const value of this.block.values) {
      if (!ASSOCIATIVE.has(value.op)) continue;
      for (const each of value.args) if (this.isPart(each, value.op)) inner.add(each);
    }
    return inner;
  }

  private isPart(value: Value, op: number): boolean {
    return value.op === op && value.uses === 1 && value.block === this.block;
  }

  private rebuild(root: Value, values: Value[]): void {
    const terms: Term[] = [];
    const constants: Value[] = [];
    const open = [...root.args].reverse();
    for (let each = open.pop(); each !== undefined; each = open.pop()) {
      if (this.isPart(each, root.op)) open.push(...[...each.args].reverse());
      else if (each.isConstant) constants.push(each);
      else terms.push({ value: each, ready: this.readyOf(each) });
      // What is open becomes a term each, or more; one constant is none.
      if (terms.length + open.length > TERMS_LIMIT + 1) return;
    }
    if (terms.length < 3 || terms.length > TERMS_LIMIT || constants.length > 1) return;
    terms.sort((a, b) => a.ready - b.ready);
    // The last step is the root itself.
    while (terms.length + constants.length > 2) {
      const [first, second] = terms.splice(0, 2) as [Term, Term];
      const sum = this.graph.make(
        root.op,
        root.type,
        [first.value, second.value],
        this.block,
        0,
        0n,
        root.place,
      );
      sum.uses = 1;
      values.push(sum);
      const ready = second.ready + 1;
      this.ready.set(sum, ready);
      const at = terms.findIndex((term) => term.ready >= ready);
      terms.splice(at < 0 ? terms.length : at, 0, { value: sum, ready });
    }
    root.args = [...terms.map((term) => term.value), ...constants];
  }

  private readyOf(value: Value): number {
    const known = this.ready.get(value);
    if (known !== undefined) return known;
    // From outside the loop it is there; from another block of the loop nobody knows.
    const { loop } = this.block;
    return value.isConstant || loop === undefined || !isInside(value.block, loop) ? AHEAD : 0;
  }

  private latest(value: Value): number {
    return value.args.reduce((latest, each) => Math.max(latest, this.readyOf(each)), AHEAD);
  }
}

function isInside(block: Block, loop: Loop): boolean {
  for (let each = block.loop; each !== undefined; each = each.outer) if (each === loop) return true;
  return false;
}

/** A phi that every turn changes by a constant. */
function isCounter(phi: Value): boolean {
  return phi.args.some(
    (each) =>
      (each.op === Op.I32Add || each.op === Op.I64Add) && each.args[0] === phi && each.args[1]!.isConstant,
  );
}

function latencyOf({ op }: Value): number {
  if (effectOf(op) === Effect.Load) return LOAD_LATENCY;
  if (effectOf(op) === Effect.Trapping) return DIVIDE_LATENCY;
  return op === Op.I32Mul || op === Op.I64Mul ? MULTIPLY_LATENCY : 1;
}
