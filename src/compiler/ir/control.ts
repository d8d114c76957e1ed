/**
 * Control flow in its simplest form.
 *
 *   - A branch on `a and b`, `a or b` of truths becomes two branches: each comparison then needs no number, and in
 *     most programs each is predicted well.
 *   - A block that does nothing but branch on a phi gives its branch to those who come there; where the phi is a
 *     constant they know the way.
 *   - Empty blocks are passed by.
 *   - A block with one way in is joined to the only block that leads there.
 *
 * Headers of loops get no new ways in from outside.
 */
import { isComparison } from "./comparison.ts";
import { Block, countUses, End, type Graph, type Value } from "./graph.ts";
import { removeTrivialPhis } from "./phis.ts";
import { reorder } from "./reorder.ts";
import { findShape } from "./shape.ts";
import { Op } from "./tables/op.ts";

/** Each round may make way for the next: nested conditions, chains of blocks. */
const ROUND_LIMIT = 4;
const DEPTH_LIMIT = 3;

export function simplifyControl(graph: Graph): void {
  for (let round = 0; round < ROUND_LIMIT; round++) {
    const headers = new Set(graph.loops.map(({ header }) => header));
    countUses(graph);
    let changed = false;
    for (const block of [...graph.blocks]) {
      if (splitCondition(graph, block, headers)) changed = true;
    }
    countUses(graph);
    for (const block of graph.blocks) if (passBranch(block, headers)) changed = true;
    for (const block of graph.blocks) if (skipEmpty(graph, block, headers)) changed = true;
    reorder(graph);
    removeUnreachable(graph);
    removeTrivialPhis(graph);
    for (const block of graph.blocks) while (joinNext(block)) changed = true;
    if (!changed) break;
    reorder(graph);
    findShape(graph);
  }
}

// Conditions.

/** 0 or 1 by what it is. */
function isTruth(value: Value, depth = DEPTH_LIMIT): boolean {
  if (isComparison(value.op)) return true;
  if (value.isConstant) return value.immediate === 0 || value.immediate === 1;
  if (depth === 0 || value.args.length === 0) return false;
  if (value.op !== Op.I32And && value.op !== Op.I32Or && value.op !== Op.Phi) return false;
  return value.args.every((each) => isTruth(each, depth - 1));
}

function splitCondition(graph: Graph, block: Block, headers: ReadonlySet<Block>): boolean {
  if (block.end !== End.Branch) return false;
  const condition = block.inputs[0]!;
  const isAnd = condition.op === Op.I32And;
  if ((!isAnd && condition.op !== Op.I32Or) || condition.uses !== 1) return false;
  if (condition.block !== block || !condition.args.every((each) => isTruth(each))) return false;
  const [yes, no] = block.successors as [Block, Block];
  const doubled = isAnd ? no : yes;
  if (yes === no || headers.has(doubled)) return false;
  const [first, second] = inOrder(condition, block);
  const middle = new Block();
  middle.end = End.Branch;
  middle.inputs = [second];
  middle.place = block.place;
  block.values = block.values.filter((value) => value !== condition);
  sink(first, block);
  sink(second, middle);
  block.inputs = [first];
  // The doubled target keeps its edge from `block`; the other one's comes from `middle` now.
  const other = isAnd ? yes : no;
  other.predecessors[other.predecessors.indexOf(block)] = middle;
  block.successors.splice(0, 2, ...(isAnd ? [middle, no] : [yes, middle]));
  middle.predecessors.push(block);
  middle.successors.push(...[yes, no]);
  const index = doubled.predecessors.indexOf(block);
  doubled.predecessors.push(middle);
  for (const phi of doubled.phis) phi.args.push(phi.args[index]!);
  graph.blocks.push(middle);
  return true;
}

/** A phi of this block first: its branch may then go to those who come here. Then what reads memory. */
function inOrder({ args }: Value, block: Block): [Value, Value] {
  const [left, right] = args as [Value, Value];
  const isHere = (value: Value) => value.op === Op.Phi && value.block === block;
  return isHere(right) && !isHere(left) ? [right, left] : [left, right];
}

/** A comparison that only this branch uses is made where the branch is. */
function sink(value: Value, target: Block): void {
  if (!isComparison(value.op) || value.uses !== 1) return;
  value.block.values = value.block.values.filter((each) => each !== value);
  value.block = target;
  target.values.push(value);
}

// Branches on phis.

/** Gives the branch of a block that has nothing else to the blocks before it. */
function passBranch(block: Block, headers: ReadonlySet<Block>): boolean {
  const condition = block.inputs[0];
  if (block.end !== End.Branch || condition === undefined || headers.has(block)) return false;
  if (condition.op !== Op.Phi || condition.block !== block || block.values.length > 0) return false;
  const [yes, no] = block.successors as [Block, Block];
  if (yes === no || headers.has(yes) || headers.has(no) || !onlyPassesOn(block)) return false;
  let changed = false;
  for (let index = block.predecessors.length - 1; index >= 0; index--) {
    const from = block.predecessors[index]!;
    const value = condition.args[index]!;
    const target = !value.isConstant ? undefined : value.immediate !== 0 ? yes : no;
    if (target === undefined && from.end !== End.Jump) continue;
    // Several edges from one block to another cannot be told apart.
    if (from.successors.filter((each) => each === block).length > 1) continue;
    if (target !== undefined && from.successors.includes(target)) continue;
    if (target !== undefined) {
      from.successors[from.successors.indexOf(block)] = target;
      addEdge(from, target, block, index);
    } else {
      from.end = End.Branch;
      from.inputs = [value];
      from.place = block.place;
      from.successors.splice(0, 1, yes, no);
      addEdge(from, yes, block, index);
      addEdge(from, no, block, index);
    }
    removeEdge(block, index);
    changed = true;
  }
  return changed;
}

/** `from` now goes to `target` as it would through predecessor `index` of `through`. */
function addEdge(from: Block, target: Block, through: Block, index: number): void {
  const edge = target.predecessors.indexOf(through);
  target.predecessors.push(from);
  for (const phi of target.phis) {
    const value = phi.args[edge]!;
    const isOwn = value.op === Op.Phi && value.block === through;
    phi.args.push(isOwn ? value.args[index]! : value);
  }
}

function removeEdge(block: Block, index: number): void {
  block.predecessors.splice(index, 1);
  for (const phi of block.phis) phi.args.splice(index, 1);
}

/** Whether the block's phis are used by its branch and by its successors' phis alone. */
function onlyPassesOn(block: Block): boolean {
  const passed = new Map<Value, number>();
  const add = (value: Value) => passed.set(value, (passed.get(value) ?? 0) + 1);
  add(block.inputs[0]!);
  for (const successor of block.successors) {
    const edge = successor.predecessors.indexOf(block);
    for (const phi of successor.phis) add(phi.args[edge]!);
  }
  return block.phis.every((phi) => phi.uses === (passed.get(phi) ?? 0));
}

/** Blocks that lost all ways in are gone from the order; their edges go too. */
function removeUnreachable(graph: Graph): void {
  const reached = new Set(graph.blocks);
  for (const block of graph.blocks) {
    for (let index = block.predecessors.length - 1; index >= 0; index--) {
      if (!reached.has(block.predecessors[index]!)) removeEdge(block, index);
    }
  }
}

// Empty blocks and straight lines.

/** Who comes to a block that does nothing goes on to the next at once. */
function skipEmpty(graph: Graph, block: Block, headers: ReadonlySet<Block>): boolean {
  const next = block.successors[0];
  if (block.end !== End.Jump || block.values.length > 0 || block.phis.length > 0 || block === graph.entry)
    return false;
  if (next === undefined || next === block || headers.has(next) || headers.has(block)) return false;
  // Two edges from one block to another cannot be told apart.
  if (block.predecessors.some((each) => each.successors.includes(next))) return false;
  for (const from of block.predecessors) {
    from.successors[from.successors.indexOf(block)] = next;
    addEdge(from, next, block, 0);
  }
  const changed = block.predecessors.length > 0;
  block.predecessors.length = 0;
  return changed;
}

function joinNext(block: Block): boolean {
  const next = block.successors[0];
  if (block.end !== End.Jump || next === undefined || next === block) return false;
  if (next.predecessors.length !== 1 || next.phis.length > 0) return false;
  for (const value of next.values) {
    value.block = block;
    block.values.push(value);
  }
  block.end = next.end;
  block.inputs = next.inputs;
  block.cases = next.cases;
  block.target = next.target;
  block.target2 = next.target2;
  block.place = next.place;
  block.successors.splice(0, 1, ...next.successors);
  for (const successor of new Set(next.successors)) {
    for (const [index, each] of successor.predecessors.entries()) {
      if (each === next) successor.predecessors[index] = block;
    }
  }
  // Nobody leads there any more: the order drops it.
  next.successors.length = 0;
  next.predecessors.length = 0;
  next.values = [];
  return true;
}
