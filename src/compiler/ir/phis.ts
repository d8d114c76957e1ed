/** Removes phis that stand for one value: the builder makes one for every local that a loop might change. */
import { mapArguments, type Graph, type Value } from "./graph.ts";

export function removeTrivialPhis(graph: Graph): void {
  const replacements = new Map<Value, Value>();
  const resolve = (value: Value): Value => {
    let known = value;
    for (let next = replacements.get(known); next !== undefined; next = replacements.get(known)) known = next;
    return known;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const block of graph.blocks) {
      for (const phi of block.phis) {
        if (replacements.has(phi)) continue;
        const only = onlyArgument(phi, resolve);
        if (only === undefined) continue;
        replacements.set(phi, only);
        changed = true;
      }
    }
  }
  if (replacements.size === 0) return;
  for (const block of graph.blocks) {
    const kept = block.phis.filter((phi) => !replacements.has(phi));
    block.phis.splice(0, block.phis.length, ...kept);
    mapArguments(block, resolve);
  }
}

function onlyArgument(phi: Value, resolve: (value: Value) => Value): Value | undefined {
  let only: Value | undefined;
  for (const argument of phi.args) {
    const value = resolve(argument);
    if (value === phi || value === only) continue;
    if (only !== undefined) return undefined;
    only = value;
  }
  return only;
}
