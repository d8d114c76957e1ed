/** A module ready to be compiled: decoded, valid, laid out, and cut into chunks. */
import { initialStateOf, type InitialState } from "./initial.ts";
import { layoutOf, type ModuleLayout } from "./layout.ts";
import type { CompilerOptions } from "./optimization.ts";
import { decodeModule } from "./wasm/decode.ts";
import type { ModuleFacts } from "./wasm/facts.ts";
import type { Module } from "./wasm/module.ts";
import { validateModule } from "./wasm/validate.ts";

/** Of function bodies; small enough that two threads end together, large enough that joining costs nothing. */
const CHUNK_BYTES = 12_000;

/** A valid module, ready to be compiled. */
export interface PreparedModule {
  readonly module: Module;
  readonly options: CompilerOptions;
  readonly facts: ModuleFacts;
  readonly layout: ModuleLayout;
  /** What becomes data instead of code of the initializer. */
  readonly initial: InitialState | undefined;
  /** First function (counted without imports) of each chunk, and one past the last of all. */
  readonly chunkStarts: readonly number[];
}

/** Decodes and validates. Throws a `WasmError` that says where and why. */
export function prepareModule(bytes: Uint8Array, options: CompilerOptions = {}): PreparedModule {
  const module = decodeModule(bytes);
  const facts = validateModule(module);
  const chunkStarts = [0];
  let size = 0;
  for (const [index, { start, end }] of module.bodies.entries()) {
    size += end - start;
    if (size < CHUNK_BYTES || index + 1 === module.bodies.length) continue;
    chunkStarts.push(index + 1);
    size = 0;
  }
  chunkStarts.push(module.bodies.length);
  const layout = layoutOf(module, facts);
  const initial = options.initial === "data" ? initialStateOf(module, layout) : undefined;
  return { module, options, facts, layout, initial, chunkStarts };
}
