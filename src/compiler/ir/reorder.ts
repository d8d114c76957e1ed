/** Puts the blocks back into reverse postorder after a pass has added some; what cannot be reached goes. */
import type { Block, Graph } from "./graph.ts";
import { renumber } from "./shape.ts";

export function reorder(graph: Graph): void {
  const seen = new Set<Block>([graph.entry]);
  const postorder: Block[] = [];
  /** Iterative, for functions of thousands of blocks: a block, and how many of its successors are done. */
  const stack: { block: Block; next: number }[] = [{ block: graph.entry, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    // The last successor first: the first one then comes right behind its block.
    const successor = top.block.successors[top.block.successors.length - 1 - top.next++];
    if (successor === undefined) {
      postorder.push(top.block);
      stack.pop();
    } else if (!seen.has(successor)) {
      seen.add(successor);
      stack.push({ block: successor, next: 0 });
    }
  }
  graph.blocks = postorder.reverse();
  renumber(graph);
}
