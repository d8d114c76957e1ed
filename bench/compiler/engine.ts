/**
 * What the compiler's benchmark measures on: an engine runs a case in a fresh process, so that neither heaps nor
 * the layout of code in memory carry over from one round to the next.
 */
import path from "node:path";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import type { BenchmarkCase } from "./case.ts";

export interface CallResult {
  /** The checksum in decimals; of an i64 as a signed number. */
  readonly value: string;
  /** Processor time of the whole process, user and system. */
  readonly cpuMs: number;
}

export interface Engine {
  readonly name: string;
  /** Brings the case's modules into the form that `run` starts. Called once for each case. */
  prepare(benchmark: BenchmarkCase): Promise<PreparedCase>;
}

export interface PreparedCase {
  /** Calls `run` with each count, in one fresh process. */
  run(counts: readonly number[]): Promise<CallResult[]>;
}

/** A case as child processes read it. */
export interface CaseFile {
  readonly modules: readonly { readonly name: string; readonly path: string }[];
  readonly memory?: { readonly initial: number; readonly maximum: number };
}

/** In milliseconds. */
export const MICROSECONDS = 1e-3;

const execute = promisify(execFile);
const OUTPUT_LIMIT_BYTES = 1 << 20;

/** V8's optimizing compiler alone, all functions compiled before anything runs: what it can do at its best. */
const TURBOFAN_FLAGS = ["--no-liftoff", "--no-wasm-tier-up", "--no-wasm-lazy-compilation"];
/** V8's baseline compiler alone. */
const LIFTOFF_FLAGS = ["--liftoff-only", "--no-wasm-lazy-compilation"];

export function v8Engines(folder: string): readonly Engine[] {
  return [v8Engine("turbofan", TURBOFAN_FLAGS, folder), v8Engine("liftoff", LIFTOFF_FLAGS, folder)];
}

function v8Engine(name: string, flags: readonly string[], folder: string): Engine {
  return {
    name,
    prepare: async (benchmark) => {
      const file = writeCase(benchmark, folder);
      return {
        async run(counts) {
          const script = path.join(import.meta.dirname, "v8-process.ts");
          const { stdout } = await execute(
            process.execPath,
            [...flags, "--import", "./tools/typescript.mjs", script, file, ...counts.map(String)],
            { cwd: PACKAGE_ROOT, maxBuffer: OUTPUT_LIMIT_BYTES },
          );
          return JSON.parse(stdout) as CallResult[];
        },
      };
    },
  };
}

/** Writes the modules and a description of them: the description's path. */
export function writeCase(benchmark: BenchmarkCase, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const modules = benchmark.modules.map(({ name, wasm }) => {
    const file = path.join(folder, `${benchmark.name}-${name}.wasm`);
    writeFileSync(file, wasm);
    return { name, path: file };
  });
  const description: CaseFile = {
    modules,
    ...(benchmark.memory === undefined ? {} : { memory: benchmark.memory }),
  };
  const file = path.join(folder, `${benchmark.name}.json`);
  writeFileSync(file, JSON.stringify(description));
  return file;
}
