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
import { prepareModule, type PreparedModule } from "./prepare.ts";
import { joinChunks, type Chunk, type ChunkFunction } from "./join.ts";
import type { CompilerOptions } from "./optimization.ts";

export { prepareModule, type PreparedModule } from "./prepare.ts";
export { WasmError } from "./wasm/error.ts";

const FUNCTION_ALIGNMENT = 16;

/** Compiles the functions of one chunk; the last chunk, by number, is the initializer. */
export function compileChunk(prepared: PreparedModule, number: number): Chunk {
  const { module, options, layout, facts, initial, chunkStarts } = prepared;
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
    const source = initializerOf(module, facts, layout, initial);
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
  const prepared = prepareModule(bytes, options);
  const chunks = Array.from({ length: chunkCount(prepared) }, (_, number) => compileChunk(prepared, number));
  return joinChunks(prepared, chunks);
}
