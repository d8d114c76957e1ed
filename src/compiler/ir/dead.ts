/** Drops values that nothing needs. What may trap or write is needed by itself. */
import { isRoot } from "./effects.ts";
import type { Graph, Value } from "./graph.ts";

export function removeDead(graph: Graph): void {
  const needed = new Uint8Array(graph.size);
  const work: Value[] = [];
  const need = (value: Value) => {
    if (needed[value.id] === 1) return;
    needed[value.id] = 1;
    work.push(value);
  };
  for (const block of graph.blocks) {
    block.inputs.forEach(need);
    for (const value of block.values) if (isRoot(value)) need(value);
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) value.args.forEach(need);
  for (const block of graph.blocks) {
    const phis = block.phis.filter((phi) => needed[phi.id] === 1);
    block.phis.splice(0, block.phis.length, ...phis);
    block.values = block.values.filter((value) => needed[value.id] === 1);
  }
}
