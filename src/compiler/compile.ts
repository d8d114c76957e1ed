/**
 * Wasm in, machine code out: the compiler's public face. Bytes in, plain data out; no file, no process.
 *
 * A module is cut into chunks of functions that are compiled independently, here one after the other, elsewhere in
 * several threads (`compileChunk` with the same numbers gives the same bytes), and joined in order.
 */
import type { CompiledModule } from "../abi/object.ts";
import { Assembler, Padding } from "../x64/assembler.ts";
import { compileFunction } from "./pipeline.ts";
import { initializerOf } from "./initializer.ts";
import { joinChunks, type Chunk, type ChunkFunction } from "./join.ts";
import { layoutOf, type ModuleLayout } from "./layout.ts";
import type { CompilerOptions } from "./optimization.ts";
import { decodeModule } from "./wasm/decode.ts";
import type { ModuleFacts } from "./wasm/facts.ts";
import type { Module } from "./wasm/module.ts";
import { validateModule } from "./wasm/validate.ts";

export { WasmError } from "./wasm/error.ts";

/** Of function bodies; small enough that two threads end together, large enough that joining costs nothing. */
const CHUNK_BYTES = 12_000;
const FUNCTION_ALIGNMENT = 16;

/** A valid module, ready to be compiled. */
export interface PreparedModule {
  readonly module: Module;
  readonly facts: ModuleFacts;
  readonly layout: ModuleLayout;
  /** First function (counted without imports) of each chunk, and one past the last of all. */
  readonly chunkStarts: readonly number[];
}

/** Decodes and validates. Throws a `WasmError` that says where and why. */
export function prepareModule(bytes: Uint8Array): PreparedModule {
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
  return { module, facts, layout: layoutOf(module, facts), chunkStarts };
}

/** Compiles the functions of one chunk; the last chunk, by number, is the initializer. */
export function compileChunk(prepared: PreparedModule, number: number, options: CompilerOptions = {}): Chunk {
  const { module, facts, layout, chunkStarts } = prepared;
  const assembler = new Assembler();
  const functions: ChunkFunction[] = [];
  const add = (index: number, type: number, write: () => { frameBytes: number }) => {
    assembler.align(FUNCTION_ALIGNMENT, Padding.Trap);
    const start = assembler.label();
    const end = assembler.label();
    assembler.bind(start);
    const { frameBytes } = write();
    assembler.bind(end);
    functions.push({ index, type, start, end, frameBytes });
  };
  if (number === chunkStarts.length - 1) {
    const index = module.functionTypes.length;
    const source = initializerOf(module, facts, layout);
    add(index, -1, () => compileFunction(assembler, source, layout, index, options));
  } else {
    for (let each = chunkStarts[number]!; each < chunkStarts[number + 1]!; each++) {
      const index = module.importedFunctionCount + each;
      const typeIndex = module.functionTypes[index]!;
      const source = { module, facts, type: module.types[typeIndex]!, body: module.bodies[each]! };
      add(index, typeIndex, () => compileFunction(assembler, source, layout, index, options));
    }
  }
  // Nor stands anything between this chunk and the next that can be executed.
  assembler.align(FUNCTION_ALIGNMENT, Padding.Trap);
  return { assembled: assembler.finish(), functions };
}

/** How many chunks `compileChunk` knows: those of the bodies, and the initializer's. */
export function chunkCount({ chunkStarts }: PreparedModule): number {
  return chunkStarts.length;
}

/** Compiles a module in this thread. Throws a `WasmError` for what is malformed, invalid or unsupported. */
export function compileModule(bytes: Uint8Array, options: CompilerOptions = {}): CompiledModule {
  const prepared = prepareModule(bytes);
  const chunks = Array.from({ length: chunkCount(prepared) }, (_, number) =>
    compileChunk(prepared, number, options),
  );
  return joinChunks(prepared, chunks);
}
