/**
 * Merges values that must be equal, and loads with the store or load that tells what they read.
 *
 * Blocks come in reverse postorder, so everything that dominates a value was seen before it. Pure values (and those
 * that trap) are merged with an equal one that dominates them. For loads and globals a chain of states says what
 * was written since: a read looks up the chain until a writer may have changed it. Where ways meet the chain starts
 * anew, except at loops: there it goes on if nothing in the loop writes what is read.
 *
 * A load that goes away is covered by a dominating access to the same bytes, so no trap is lost.
 */
import type { ValueType } from "../../abi/wasm.ts";
import { clobbers, Effect, effectOf, writes } from "./effects.ts";
import { fold } from "./fold.ts";
import { type Maker } from "./maker.ts";
import { mapArguments, NONE, type Block, type Graph, type Loop, type Type, type Value } from "./graph.ts";
import { dominates } from "./shape.ts";
import { Op } from "./tables/op.ts";

/** How far a read looks back. */
const CHAIN_LIMIT = 24;
const LOOP_WRITERS_LIMIT = 64;

/** What memory and globals are at a point: after `writer`, or after any of `loop`'s; then as in `before`. */
interface State {
  readonly id: number;
  readonly before: State | undefined;
  readonly writer: Value | undefined;
  readonly loopWriters: readonly Value[] | undefined;
}

export function removeRedundancy(graph: Graph, constants: Pick<Maker, "i32" | "constantOf">): void {
  new Redundancy(graph, constants).run();
}

class Redundancy implements Maker {
  private readonly graph: Graph;
  private readonly constants: Pick<Maker, "i32" | "constantOf">;
  private readonly known = new Map<number, Value[]>();
  private readonly replacements: (Value | undefined)[] = [];
  private readonly exits = new Map<Block, State>();
  private readonly loopWriters = new Map<Loop, readonly Value[] | undefined>();
  private stateCount = 0;
  private state: State = this.fresh();
  private block: Block;
  private values: Value[] = [];

  constructor(graph: Graph, constants: Pick<Maker, "i32" | "constantOf">) {
    this.graph = graph;
    this.constants = constants;
    this.block = graph.entry;
  }

  run(): void {
    for (const loop of this.graph.loops) this.loopWriters.set(loop, writersOf(loop));
    for (const block of this.graph.blocks) this.visit(block);
    for (const block of this.graph.blocks) mapArguments(block, (value) => this.resolve(value));
  }

  i32(bits: number): Value {
    return this.constants.i32(bits);
  }

  constantOf(type: ValueType, bits: bigint): Value {
    return this.constants.constantOf(type, bits);
  }

  emit(op: number, type: Type, args: Value[], immediate = 0): Value {
    const made = this.graph.make(op, type, args, this.block, immediate);
    const folded = fold(made, this);
    return folded === made ? this.keep(made) : folded;
  }

  private visit(block: Block): void {
    this.block = block;
    this.state = this.entryState(block);
    const old = block.values;
    this.values = [];
    for (const value of old) {
      for (let i = 0; i < value.args.length; i++) value.args[i] = this.resolve(value.args[i]!);
      const folded = fold(value, this);
      const kept = folded === value ? this.keep(value) : folded;
      if (kept !== value) this.replacements[value.id] = kept;
    }
    block.values = this.values;
    this.exits.set(block, this.state);
  }

  private resolve(value: Value): Value {
    let known = value;
    for (let next = this.replacements[known.id]; next !== undefined; next = this.replacements[known.id]) {
      known = next;
    }
    return known;
  }

  /** `value` placed here, or an equal one that is there already. */
  private keep(value: Value): Value {
    const effect = effectOf(value.op);
    if (effect === Effect.Pure || effect === Effect.Trapping) {
      const equal = this.findOrAdd(value, 0);
      if (equal !== value) return equal;
    } else if (effect === Effect.Load || effect === Effect.ReadState) {
      const read = this.read(value);
      if (read !== undefined) return read;
    } else if (writes(value)) {
      this.state = { id: this.stateCount++, before: this.state, writer: value, loopWriters: undefined };
    }
    this.values.push(value);
    return value;
  }

  // States.

  private fresh(): State {
    return { id: this.stateCount++, before: undefined, writer: undefined, loopWriters: undefined };
  }

  private entryState(block: Block): State {
    const loop = block.loop;
    if (loop !== undefined && loop.header === block) {
      const before = this.exits.get(block.predecessors[0]!);
      const writers = this.loopWriters.get(loop);
      if (before === undefined || writers === undefined) return this.fresh();
      if (writers.length === 0) return before;
      return { id: this.stateCount++, before, writer: undefined, loopWriters: writers };
    }
    const first = block.predecessors[0];
    const state = first === undefined ? undefined : this.exits.get(first);
    if (state === undefined) return this.fresh();
    return block.predecessors.every((each) => this.exits.get(each) === state) ? state : this.fresh();
  }

  /** What the read gives, if it is known; otherwise it is noted as known from here on. */
  private read(value: Value): Value | undefined {
    let state: State | undefined = this.state;
    for (let steps = 0; state !== undefined && steps < CHAIN_LIMIT; steps++) {
      const equal = this.find(value, state.id + 1);
      if (equal !== undefined) return equal;
      const { writer, loopWriters } = state;
      if (writer !== undefined) {
        const stored = forwarded(writer, value);
        if (stored !== undefined) return stored;
        if (clobbers(writer, value)) break;
      } else if (loopWriters === undefined || loopWriters.some((each) => clobbers(each, value))) break;
      state = state.before;
    }
    this.add(value, this.state.id + 1);
    return undefined;
  }

  // The table of known values.

  private findOrAdd(value: Value, salt: number): Value {
    const equal = this.find(value, salt);
    if (equal !== undefined) return equal;
    this.add(value, salt);
    return value;
  }

  private find(value: Value, salt: number): Value | undefined {
    const candidates = this.known.get(hash(value, salt));
    if (candidates === undefined) return undefined;
    return candidates.find(
      (each) => each.mark === salt && equal(each, value) && dominates(each.block, this.block),
    );
  }

  private add(value: Value, salt: number): void {
    value.block = this.block;
    value.mark = salt;
    const key = hash(value, salt);
    const list = this.known.get(key);
    if (list === undefined) this.known.set(key, [value]);
    else list.push(value);
  }
}

/** What writes in the loop; undefined if too much to look at. */
function writersOf(loop: Loop): readonly Value[] | undefined {
  const found: Value[] = [];
  for (const block of loop.blocks) {
    for (const value of block.values) {
      if (!writes(value)) continue;
      if (effectOf(value.op) === Effect.Any || found.length === LOOP_WRITERS_LIMIT) return undefined;
      found.push(value);
    }
  }
  return found;
}

const FORWARDING: ReadonlyMap<number, number> = new Map<number, number>([
  [Op.I32Store, Op.I32Load],
  [Op.I64Store, Op.I64Load],
  [Op.F32Store, Op.F32Load],
  [Op.F64Store, Op.F64Load],
  [Op.Simd + 0x0b, Op.Simd + 0x00],
  [Op.GlobalSet, Op.GlobalGet],
]);

/** The value that `writer` has put exactly where `reader` looks. */
function forwarded(writer: Value, reader: Value): Value | undefined {
  if (FORWARDING.get(writer.op) !== reader.op || writer.immediate !== reader.immediate) return undefined;
  if (reader.op === Op.GlobalGet) return writer.args[0];
  return writer.args[0] === reader.args[0] ? writer.args[1] : undefined;
}

function hash(value: Value, salt: number): number {
  let key = Math.imul(value.op, 0x9e3779b1) ^ Math.imul(value.immediate, 0x85ebca6b) ^ salt;
  for (const argument of value.args) key = Math.imul(key, 31) + argument.id;
  return key | 0;
}

function equal(a: Value, b: Value): boolean {
  if (a.op !== b.op || a.immediate !== b.immediate || a.immediate2 !== b.immediate2) return false;
  if (a.type !== b.type || a.type === NONE || a.args.length !== b.args.length || a.big !== b.big)
    return false;
  for (let i = 0; i < a.args.length; i++) if (a.args[i] !== b.args[i]) return false;
  return true;
}
