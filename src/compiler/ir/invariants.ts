/**
 * Moves out of loops what every turn computes alike.
 *
 * Pure values whose arguments come from outside move to the block before the loop. A load may trap, so it moves
 * only if the loop would certainly have done it first: it stands in the header, before anything that writes or
 * traps, and nothing in the loop writes what it reads.
 */
import { clobbers, Effect, effectOf, writes } from "./effects.ts";
import { End, type Block, type Graph, type Loop, type Value } from "./graph.ts";
import { isComparison } from "./comparison.ts";

export function hoistInvariants(graph: Graph): void {
  // Inner loops first: what leaves an inner loop may leave the outer one next.
  for (const loop of [...graph.loops].reverse()) hoist(loop);
}

function hoist(loop: Loop): void {
  const before = loop.header.predecessors[0]!;
  if (before.end !== End.Jump || before.index >= loop.header.index) return;
  const members = new Set<Block>(loop.blocks);
  const writers = loop.blocks.flatMap((block) => block.values.filter(writes));
  const isOutside = (value: Value) => value.isConstant || !members.has(value.block);
  for (const block of loop.blocks) {
    let certain = block === loop.header;
    block.values = block.values.filter((value) => {
      const effect = effectOf(value.op);
      if (isMovable(value, effect, certain, writers) && value.args.every(isOutside)) {
        value.block = before;
        before.values.push(value);
        return false;
      }
      if (effect !== Effect.Pure && effect !== Effect.Load && effect !== Effect.ReadState) certain = false;
      return true;
    });
  }
}

function isMovable(value: Value, effect: Effect, certain: boolean, writers: readonly Value[]): boolean {
  if (effect === Effect.Pure) return !isComparison(value.op);
  if (effect === Effect.ReadState) return !writers.some((writer) => clobbers(writer, value));
  return effect === Effect.Load && certain && !writers.some((writer) => clobbers(writer, value));
}
