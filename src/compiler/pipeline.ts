/**
 * One function through the whole compiler:
 *
 *   body ─ build ─► SSA ─ improve ─► SSA ─ select ─► machine instructions ─ allocate ─► the same with registers ─ emit ─► bytes
 */
import { placesOf } from "../x64/convention.ts";
import type { Assembler } from "../x64/assembler.ts";
import { Builder, type FunctionSource } from "./ir/build.ts";
import { simplifyControl } from "./ir/control.ts";
import { removeDead } from "./ir/dead.ts";
import type { Graph } from "./ir/graph.ts";
import { hoistInvariants } from "./ir/invariants.ts";
import { removeTrivialPhis } from "./ir/phis.ts";
import { reassociate } from "./ir/reassociate.ts";
import { removeRedundancy } from "./ir/redundancy.ts";
import { unrollLoops } from "./ir/unroll.ts";
import { findShape } from "./ir/shape.ts";
import type { ModuleLayout } from "./layout.ts";
import type { CompilerOptions } from "./optimization.ts";
import { allocate } from "./machine/allocate/allocate.ts";
import { emit, type Emitted } from "./machine/emit/emit.ts";
import { orderBlocks, splitCriticalEdges } from "./machine/order.ts";
import { sinkIntoRegions } from "./machine/sink.ts";
import { Selector } from "./machine/select/selector.ts";

/** The SSA form of a body, improved. */
export function buildImproved(source: FunctionSource, { without }: CompilerOptions = {}): Graph {
  const builder = new Builder(source);
  builder.run();
  const { graph } = builder;
  const mergesEqual = without?.has("redundancy") !== true;
  findShape(graph);
  removeTrivialPhis(graph);
  if (mergesEqual) removeRedundancy(graph, builder);
  removeTrivialPhis(graph);
  if (without?.has("control flow") !== true) simplifyControl(graph);
  if (without?.has("invariants") !== true) hoistInvariants(graph);
  if (without?.has("unrolling") !== true) unrollLoops(graph);
  if (mergesEqual) removeRedundancy(graph, builder);
  removeTrivialPhis(graph);
  if (without?.has("reassociation") !== true) reassociate(graph);
  removeDead(graph);
  return graph;
}

/** Compiles one function to the assembler's current position. */
export function compileFunction(
  assembler: Assembler,
  source: FunctionSource,
  layout: ModuleLayout,
  functionIndex: number,
  options: CompilerOptions = {},
): Emitted {
  const graph = buildImproved(source, options);
  orderBlocks(graph);
  const func = new Selector(graph, { module: source.module, layout, options }).run();
  func.incomingBytes = placesOf(graph.type).parameters.stackBytes;
  splitCriticalEdges(func);
  if (options.without?.has("hubs") !== true) sinkIntoRegions(func);
  const allocation = allocate(func, options);
  return emit(assembler, func, allocation, functionIndex, options);
}
