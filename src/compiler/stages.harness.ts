/** A module's functions at each stage of the compiler, for tests that look between them. */
import { placesOf } from "../x64/convention.ts";
import { prepareModule } from "./compile.ts";
import type { FunctionSource } from "./ir/build.ts";
import type { Graph } from "./ir/graph.ts";
import type { ModuleLayout } from "./layout.ts";
import { orderBlocks, splitCriticalEdges } from "./machine/order.ts";
import type { MachineFunction } from "./machine/program.ts";
import { sinkIntoRegions } from "./machine/sink.ts";
import { Selector } from "./machine/select/selector.ts";
import { buildImproved } from "./pipeline.ts";

export interface Source extends FunctionSource {
  /** In the module's function index space. */
  readonly index: number;
  readonly layout: ModuleLayout;
}

/** The functions that a module defines, not yet compiled. */
export function sourcesOf(wasm: Uint8Array): Source[] {
  const { module, facts, layout } = prepareModule(wasm);
  return module.bodies.map((body, each) => {
    const index = module.importedFunctionCount + each;
    return { module, facts, layout, body, index, type: module.types[module.functionTypes[index]!]! };
  });
}

export function graphOf(source: Source): Graph {
  return buildImproved(source);
}

/** As it comes to the allocator. */
export function machineOf({ module, layout }: Source, graph: Graph): MachineFunction {
  orderBlocks(graph);
  const func = new Selector(graph, { module, layout, options: {} }).run();
  func.incomingBytes = placesOf(graph.type).parameters.stackBytes;
  splitCriticalEdges(func);
  sinkIntoRegions(func);
  return func;
}
