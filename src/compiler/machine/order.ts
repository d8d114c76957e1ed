/**
 * The order of blocks, and edges that need a block of their own.
 *
 * Loops stay together, exits that stood inside them move behind; what only leads to a trap goes to the end. An edge
 * from a block with several successors to one with several predecessors is split: moves for it need a place.
 */
import type { Block, Graph, Loop } from "../ir/graph.ts";
import { Instruction, Pseudo } from "./instruction.ts";
import { MachineBlock, type MachineFunction, type MachineLoop } from "./program.ts";

const COLD = 1 / 16;

/** Reorders the graph's blocks; dominators still come before what they dominate. */
export function orderBlocks(graph: Graph): void {
  const ordered: Block[] = [];
  const placed = new Set<Block>();
  const loopsOf = (block: Block): Loop[] => {
    const list: Loop[] = [];
    for (let loop = block.loop; loop !== undefined; loop = loop.outer) list.push(loop);
    return list;
  };
  const place = (blocks: readonly Block[], inside: Loop | undefined) => {
    for (const block of blocks) {
      if (placed.has(block)) continue;
      // The outermost loop of the block below `inside`.
      const loops = loopsOf(block);
      const at = inside === undefined ? loops.length : loops.indexOf(inside);
      const loop = loops[at - 1];
      if (loop === undefined) {
        placed.add(block);
        ordered.push(block);
      } else place(loop.blocks, loop);
    }
  };
  place(graph.blocks, undefined);
  const isCold = (block: Block) => block.frequency < COLD && block !== graph.entry;
  graph.blocks = [...ordered.filter((block) => !isCold(block)), ...ordered.filter(isCold)];
  for (const [index, block] of graph.blocks.entries()) block.index = index;
}

/**
 * Splits critical edges. The new block follows the one it leaves; on a way out of a loop it stands in front of the
 * block it leads to, out of the loop's way; and it lies with the cold ones if it is cold.
 */
export function splitCriticalEdges(func: MachineFunction): void {
  const warm: MachineBlock[] = [];
  const cold: MachineBlock[] = [];
  const leading = new Map<MachineBlock, MachineBlock[]>();
  const place = (block: MachineBlock) => {
    const isCold = block.frequency < COLD && block !== func.blocks[0];
    (isCold ? cold : warm).push(block);
  };
  for (const block of func.blocks) {
    leading.get(block)?.forEach(place);
    place(block);
    if (block.successors.length < 2) continue;
    for (const [index, successor] of block.successors.entries()) {
      if (successor.predecessors.length < 2) continue;
      const middle = split(block, index, successor);
      if (middle.loop === block.loop || successor.index <= block.index) {
        place(middle);
        continue;
      }
      const others = leading.get(successor);
      if (others === undefined) leading.set(successor, [middle]);
      else others.push(middle);
    }
  }
  func.blocks = [...warm, ...cold];
  for (const [index, block] of func.blocks.entries()) block.index = index;
}

function split(from: MachineBlock, index: number, to: MachineBlock): MachineBlock {
  const middle = new MachineBlock();
  middle.frequency = Math.min(from.frequency, to.frequency);
  middle.loop = commonLoop(from.loop, to.loop);
  middle.instructions = [new Instruction(Pseudo.Jump, undefined)];
  middle.predecessors = [from];
  middle.successors = [to];
  from.successors[index] = middle;
  to.predecessors[to.predecessors.indexOf(from)] = middle;
  return middle;
}

/** The innermost loop around both. */
function commonLoop(a: MachineLoop | undefined, b: MachineLoop | undefined): MachineLoop | undefined {
  let [left, right] = [a, b];
  while (left !== right) {
    if ((left?.depth ?? 0) > (right?.depth ?? 0)) left = left!.outer;
    else right = right!.outer;
  }
  return left;
}
