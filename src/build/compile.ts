/**
 * The compiler as commands use it: with all processors, and never twice for the same module.
 *
 * Small modules are compiled here and now: to start a thread or to keep a file would cost more than it saves. Nothing
 * of the compiler is loaded for a module that is in the cache.
 *
 * Tests: compile.test.ts
 */
import os from "node:os";
import type { CompiledModule } from "../abi/object.ts";
import { cached, keyOf } from "../image/cache.ts";
import { decodeCompiled, encodeCompiled, isWhole } from "./compiled-form.ts";
import { compilerHash } from "./compiler-hash.ts";

export interface CompileOptions {
  /** Threads beside this one; by default one for each other processor. */
  readonly workers?: number;
  /** Whether to look into the cache and to keep the result there; by default so. */
  readonly cache?: boolean;
}

/** Modules of fewer bytes are small: a few chunks. */
const SMALL_BYTES = 40_000;
/** Each needs its own copy of the compiler, warmed up: more do not pay. */
const WORKERS_LIMIT = 7;

/** Throws a `WasmError` for what is malformed, invalid or unsupported. */
export async function compileInParallel(
  bytes: Uint8Array,
  options: CompileOptions = {},
): Promise<CompiledModule> {
  const isSmall = bytes.length < SMALL_BYTES;
  const workers = options.workers ?? (isSmall ? 0 : Math.min(os.availableParallelism() - 1, WORKERS_LIMIT));
  if (isSmall || options.cache === false) return compileNow(bytes, workers);
  let compiled: CompiledModule | undefined;
  const make = async () => encodeCompiled((compiled = await compileNow(bytes, workers)));
  const kept = await cached(keyOf("compiled", [await compilerHash(), bytes]), make, isWhole);
  return compiled ?? decodeCompiled(kept);
}

async function compileNow(bytes: Uint8Array, workers: number): Promise<CompiledModule> {
  if (workers > 0) return (await import("./parallel.ts")).compileWithWorkers(bytes, workers);
  return (await import("../compiler/compile.ts")).compileModule(bytes);
}
