/**
 * The shape of a function: dominators, loops, how often blocks run.
 *
 * Dominators after Cooper, Harvey and Kennedy ("A Simple, Fast Dominance Algorithm"): one pass over the reverse
 * postorder is enough, since Wasm's control flow is reducible. What a loop's header does not dominate is not in it.
 */
import { End, type Block, type Graph, type Loop } from "./graph.ts";

/** A loop's blocks run about this many times as often as what surrounds it. */
const LOOP_WEIGHT = 8;
const LOOP_WEIGHT_DEPTH_LIMIT = 6;
/** Blocks on whose every way lies a trap. */
const COLD_WEIGHT = 1 / 256;

export function findShape(graph: Graph): void {
  findDominators(graph);
  findLoops(graph);
  estimateFrequencies(graph);
}

/** Numbers the blocks by their order. */
export function renumber(graph: Graph): void {
  for (const [index, block] of graph.blocks.entries()) block.index = index;
}

function findDominators(graph: Graph): void {
  renumber(graph);
  for (const block of graph.blocks) {
    if (block === graph.entry) {
      block.dominator = block;
      block.dominatorDepth = 0;
      continue;
    }
    let dominator: Block | undefined;
    for (const predecessor of block.predecessors) {
      if (predecessor.index >= block.index) continue; // A back edge.
      dominator = dominator === undefined ? predecessor : meet(dominator, predecessor);
    }
    block.dominator = dominator!;
    block.dominatorDepth = dominator!.dominatorDepth + 1;
  }
}

/** The closest block that dominates both. */
export function meet(a: Block, b: Block): Block {
  while (a !== b) {
    if (a.dominatorDepth > b.dominatorDepth) a = a.dominator;
    else b = b.dominator;
  }
  return a;
}

export function dominates(a: Block, b: Block): boolean {
  while (b.dominatorDepth > a.dominatorDepth) b = b.dominator;
  return a === b;
}

function findLoops(graph: Graph): void {
  graph.loops = [];
  for (const block of graph.blocks) block.loop = undefined;
  // Headers in order: an outer loop's comes first, so each inner loop overwrites it in its own blocks.
  for (const header of graph.blocks) {
    const latches = header.predecessors.filter((block) => block.index >= header.index);
    if (latches.length === 0) continue;
    const members = new Set<Block>([header]);
    const work = latches;
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      if (members.has(block)) continue;
      members.add(block);
      for (const predecessor of block.predecessors) work.push(predecessor);
    }
    const blocks = [...members].sort((a, b) => a.index - b.index);
    const loop: Loop = { header, outer: header.loop, depth: (header.loop?.depth ?? 0) + 1, blocks };
    for (const block of blocks) block.loop = loop;
    graph.loops.push(loop);
  }
}

function estimateFrequencies(graph: Graph): void {
  const cold = new Set<Block>();
  for (const block of [...graph.blocks].reverse()) {
    const ahead = block.successors.filter((successor) => successor.index > block.index);
    const trapped = block.end === End.Trap;
    if (
      trapped ||
      (ahead.length > 0 && ahead.length === block.successors.length && ahead.every((each) => cold.has(each)))
    ) {
      cold.add(block);
    }
  }
  for (const block of graph.blocks) {
    const depth = Math.min(block.loop?.depth ?? 0, LOOP_WEIGHT_DEPTH_LIMIT);
    block.frequency = LOOP_WEIGHT ** depth * (cold.has(block) ? COLD_WEIGHT : 1);
  }
}
