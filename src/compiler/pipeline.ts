/**
 * One function through the whole compiler:
 *
 *   body ─ build ─► SSA ─ improve ─► SSA ─ select ─► machine instructions ─ allocate ─► the same with registers ─ emit ─► bytes
 */
import { placesOf } from "../x64/convention.ts";
import type { Assembler } from "../x64/assembler.ts";
import { Builder, type FunctionSource } from "./ir/build.ts";
import { removeDead } from "./ir/dead.ts";
import type { Graph } from "./ir/graph.ts";
import { hoistInvariants } from "./ir/invariants.ts";
import { removeTrivialPhis } from "./ir/phis.ts";
import { removeRedundancy } from "./ir/redundancy.ts";
import { unrollLoops } from "./ir/unroll.ts";
import { findShape } from "./ir/shape.ts";
import type { ModuleLayout } from "./layout.ts";
import { allocate } from "./machine/allocate/allocate.ts";
import { emit, type Emitted } from "./machine/emit/emit.ts";
import { orderBlocks, splitCriticalEdges } from "./machine/order.ts";
import { Selector } from "./machine/select/selector.ts";

/** The SSA form of a body, improved. */
export function buildImproved(source: FunctionSource): Graph {
  const builder = new Builder(source);
  builder.run();
  const { graph } = builder;
  findShape(graph);
  removeTrivialPhis(graph);
  removeRedundancy(graph, builder);
  removeTrivialPhis(graph);
  hoistInvariants(graph);
  unrollLoops(graph);
  removeRedundancy(graph, builder);
  removeDead(graph);
  return graph;
}

/** Compiles one function to the assembler's current position. */
export function compileFunction(
  assembler: Assembler,
  source: FunctionSource,
  layout: ModuleLayout,
  functionIndex: number,
): Emitted {
  const graph = buildImproved(source);
  orderBlocks(graph);
  const func = new Selector(graph, { module: source.module, layout }).run();
  func.incomingBytes = placesOf(graph.type).parameters.stackBytes;
  splitCriticalEdges(func);
  const allocation = allocate(func);
  return emit(assembler, func, allocation, functionIndex);
}
