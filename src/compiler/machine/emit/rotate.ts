/**
 * Loops whose last block always jumps back to the first run one jump less in every turn if
 *
 *   - the last block is written in front of the first, where several ways lead to it (`continue`): each of them
 *     then needs one jump, and falls through the test into the next turn;
 *   - otherwise the first block, if it may leave the loop, is written last: a test at the end.
 *
 * Whoever fell into the loop has to jump, once.
 */
import { Pseudo } from "../instruction.ts";
import type { MachineBlock } from "../program.ts";

export function rotateLoops(order: readonly MachineBlock[]): MachineBlock[] {
  const result = [...order];
  // Inner loops first would move what outer ones look at; one pass over headers, innermost last, is enough.
  for (const header of order) {
    if (!header.isLoopHeader) continue;
    const from = result.indexOf(header);
    const to = endOfLoop(result, from);
    const last = result[to - 1]!;
    if (to - from < 2 || !jumpsTo(last, header)) continue;
    if (last.predecessors.length > 1) {
      result.splice(to - 1, 1);
      result.splice(from, 0, last);
    } else if (mayLeave(header, result, from, to)) {
      result.splice(from, 1);
      result.splice(to - 1, 0, header);
    }
  }
  return result;
}

/** One past the loop's last block: blocks at least as deep follow the header. */
function endOfLoop(order: readonly MachineBlock[], from: number): number {
  const { loopDepth } = order[from]!;
  let to = from + 1;
  while (to < order.length && order[to]!.loopDepth >= loopDepth && !startsSibling(order, from, to)) to++;
  return to;
}

function startsSibling(order: readonly MachineBlock[], from: number, at: number): boolean {
  const block = order[at]!;
  return block.isLoopHeader && block.loopDepth === order[from]!.loopDepth;
}

function mayLeave(header: MachineBlock, order: readonly MachineBlock[], from: number, to: number): boolean {
  const last = header.instructions.at(-1)!;
  if (last.pseudo !== Pseudo.Jump || header.successors.length !== 2) return false;
  const inside = new Set(order.slice(from, to));
  return header.successors.some(
    (successor) => !inside.has(successor) && !inside.has(successor.successors[0]!),
  );
}

function jumpsTo(block: MachineBlock, header: MachineBlock): boolean {
  const last = block.instructions.at(-1)!;
  if (last.pseudo !== Pseudo.Jump || block.successors.length !== 1) return false;
  const target = block.successors[0]!;
  return target === header || (target.successors.length === 1 && target.successors[0] === header);
}
