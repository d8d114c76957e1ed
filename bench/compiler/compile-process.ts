/**
 * The child process that measures the compiler itself: `compile-process.ts WASM-FILE` compiles the module once, as
 * commands do, and prints what it took as JSON. The cache is where `SKERRY_CACHE` says.
 */
import { readFileSync } from "node:fs";
import { compileInParallel } from "../../src/build/compile.ts";
import { MICROSECONDS } from "./engine.ts";

export interface CompileFigures {
  readonly wallMs: number;
  /** Of all threads. */
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly wasmBytes: number;
  readonly codeBytes: number;
}

const wasm = new Uint8Array(readFileSync(process.argv[2]!));
const started = performance.now();
const before = process.cpuUsage();
const { code } = await compileInParallel(wasm);
const wallMs = performance.now() - started;
const used = process.cpuUsage(before);
const figures: CompileFigures = {
  wallMs,
  cpuMs: (used.user + used.system) * MICROSECONDS,
  peakMiB: process.resourceUsage().maxRSS / 1024,
  wasmBytes: wasm.length,
  codeBytes: code.length,
};
console.log(JSON.stringify(figures));
