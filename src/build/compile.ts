/**
 * The compiler as commands use it: with all processors, and never twice for the same module.
 *
 * What would cost more than it saves is left out: threads for all but large modules, the cache for small ones.
 * Nothing of the compiler is loaded for a module that is in the cache.
 *
 * Tests: compile.test.ts
 */
import os from "node:os";
import type { CompiledModule } from "../abi/object.ts";
import { cached, keyOf } from "../image/cache.ts";
import { decodeCompiled, encodeCompiled, isWhole } from "./compiled-form.ts";
import { compilerHash } from "./compiler-hash.ts";

export interface CompileOptions {
  /** Threads beside this one; by default as many as there are processors for and as pay for this module. */
  readonly workers?: number;
  /** Whether to look into the cache and to keep the result there; by default unless the module is small. */
  readonly cache?: boolean;
}

/** Smaller modules are compiled before a file could be found and checked. */
const CACHED_BYTES = 8000;
/**
 * Until V8 has optimized the compiler anew in a worker, that worker spends as much time as it then needs for about
 * a megabyte: smaller shares than this only heat the machine.
 */
const WORKER_BYTES = 250_000;
const WORKERS_LIMIT = 7;

/** Throws a `WasmError` for what is malformed, invalid or unsupported. */
export async function compileInParallel(
  bytes: Uint8Array,
  options: CompileOptions = {},
): Promise<CompiledModule> {
  const { workers = payingWorkers(bytes), cache = bytes.length >= CACHED_BYTES } = options;
  if (!cache) return compileNow(bytes, workers);
  let compiled: CompiledModule | undefined;
  const make = async () => encodeCompiled((compiled = await compileNow(bytes, workers)));
  const kept = await cached(keyOf("compiled", [await compilerHash(), bytes]), make, isWhole);
  return compiled ?? decodeCompiled(kept);
}

function payingWorkers({ length }: Uint8Array): number {
  return Math.min(Math.floor(length / WORKER_BYTES), os.availableParallelism() - 1, WORKERS_LIMIT);
}

async function compileNow(bytes: Uint8Array, workers: number): Promise<CompiledModule> {
  if (workers > 0) return (await import("./parallel.ts")).compileWithWorkers(bytes, workers);
  return (await import("../compiler/compile.ts")).compileModule(bytes);
}
