/**
 * The compiler as commands use it: with all processors, and never twice for the same module.
 *
 * What would cost more than it saves is left out: threads for all but large modules, the cache for small ones.
 * Nothing of the compiler is loaded for a module that is in the cache.
 *
 * Tests: compile.test.ts
 */
import type { CompiledModule } from "../abi/object.ts";
import type { CompilerOptions } from "../compiler/optimization.ts";
import { cached, keyOf } from "../image/cache.ts";
import { decodeCompiled, encodeCompiled, isWhole } from "./compiled-form.ts";
import { compilerHash } from "./compiler-hash.ts";

export interface CompileOptions {
  /** Threads beside this one; by default as many as there are processors for and as pay for this module. */
  readonly workers?: number;
  /** Whether to look into the cache and to keep the result there; by default unless the module is small. */
  readonly cache?: boolean;
  /** As in `CompilerOptions`: images want their initial content as data. */
  readonly initial?: "code" | "data";
  /** Short loops are copied, for speed; without that code is a quarter smaller. By default they are. */
  readonly isUnrolled?: boolean;
}

/** Smaller modules are compiled before a file could be found and checked. */
const CACHED_BYTES = 8000;

/** Throws a `WasmError` for what is malformed, invalid or unsupported. */
export async function compileInParallel(
  bytes: Uint8Array,
  options: CompileOptions = {},
): Promise<CompiledModule> {
  const { workers, cache = bytes.length >= CACHED_BYTES, initial = "code", isUnrolled = true } = options;
  const compilerOptions: CompilerOptions = { initial, without: new Set(isUnrolled ? [] : ["unrolling"]) };
  if (!cache) return compileNow(bytes, workers, compilerOptions);
  let compiled: CompiledModule | undefined;
  const make = async () => encodeCompiled((compiled = await compileNow(bytes, workers, compilerOptions)));
  const key = keyOf("compiled", [await compilerHash(), initial, String(isUnrolled), bytes]);
  const kept = await cached(key, make, isWhole);
  return compiled ?? decodeCompiled(kept);
}

async function compileNow(
  bytes: Uint8Array,
  workers: number | undefined,
  options: CompilerOptions,
): Promise<CompiledModule> {
  // Loaded when it is needed, with the compiler.
  const { compileWithWorkers } = await import("./parallel.ts");
  return compileWithWorkers(bytes, workers, options);
}
