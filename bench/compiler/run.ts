/**
 * `npm run bench:compiler -- [--filter NAME] [--rounds N] [--gcc] [--json]`: code of Skerry's compiler beside V8's
 * TurboFan and Liftoff (and with `--gcc` beside gcc -O2 through wasm2c), on the kernels and on QuickJS.
 *
 * Engines take turns round by round, each round in a fresh process; what counts is processor time. All ratios are
 * time over TurboFan's time: below 1 is faster.
 */
import os from "node:os";
import path from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { measureCompiling, showFigures } from "./compile-time.ts";
import { v8Engines, type Engine } from "./engine.ts";
import { gccEngine } from "./gcc.ts";
import { KERNELS, kernelWasm } from "./kernels.ts";
import { measureCase, summarize, type CaseTimes } from "./measure.ts";
import { nativeEngine } from "./native.ts";
import { quickJsCase } from "./quickjs.ts";
import type { BenchmarkCase } from "./case.ts";

const REFERENCE = "turbofan";

const { values: options } = parseArgs({
  options: {
    filter: { type: "string", default: "" },
    rounds: { type: "string", default: "5" },
    gcc: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

async function cases(filter: string): Promise<BenchmarkCase[]> {
  const found: BenchmarkCase[] = [];
  for (const name of KERNELS) {
    if (name.includes(filter)) found.push({ name, modules: [{ name, wasm: await kernelWasm(name) }] });
  }
  if ("quickjs".includes(filter)) found.push(await quickJsCase());
  if (found.length === 0)
    throw new Error(`no case is called ${filter}; there are ${KERNELS.join(", ")}, quickjs`);
  return found;
}

function columns(engines: readonly Engine[], times: CaseTimes): string {
  const cells = engines.map(({ name }) => {
    const time = times.medianMs[name];
    if (time === undefined) return "-".padStart(20);
    const ratio = time / (times.medianMs[REFERENCE] ?? NaN);
    const mark = times.wrong.includes(name) ? "!" : " ";
    return `${time.toFixed(1).padStart(10)} ms${ratio.toFixed(2).padStart(6)}${mark}`;
  });
  return `${times.name.padEnd(20)}${cells.join("")}`;
}

function print(line: string): void {
  if (!options.json) console.log(line);
}

/** What compiling took; undefined, with the reason printed, where it failed. */
async function compileQuickJs(benchmark: BenchmarkCase, folder: string) {
  try {
    const figures = await measureCompiling(benchmark.modules[0]!.wasm, folder);
    print(showFigures("cold", figures.cold));
    print(showFigures("warm", figures.warm));
    return figures;
  } catch (error) {
    print(`quickjs does not compile: ${String(error).split("\n").slice(0, 3).join(" ")}`);
    process.exitCode = 1;
    return undefined;
  }
}

const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-bench-"));
try {
  const engines: readonly Engine[] = [
    ...v8Engines(folder),
    nativeEngine,
    ...(options.gcc ? [gccEngine(folder)] : []),
  ];
  print(`${"median of rounds".padEnd(20)}${engines.map((engine) => engine.name.padStart(20)).join("")}`);
  const all: CaseTimes[] = [];
  const benchmarks = await cases(options.filter);
  for (const benchmark of benchmarks) {
    const times = await measureCase(benchmark, engines, Number(options.rounds));
    all.push(times);
    print(columns(engines, times));
    for (const name of times.wrong) print(`  ${name}: another checksum than ${REFERENCE}'s`);
    for (const [name, why] of Object.entries(times.failures)) print(`  ${name}: ${why.split("\n")[0]}`);
    if (times.wrong.length > 0 || Object.keys(times.failures).length > 0) process.exitCode = 1;
  }
  const summaries: Record<string, unknown> = {};
  for (const { name } of engines.filter((engine) => engine.name !== REFERENCE)) {
    const summary = summarize(all, name, REFERENCE);
    if (summary === undefined) continue;
    summaries[name] = summary;
    print(
      `${name} / ${REFERENCE}: geometric mean ${summary.geometricMean.toFixed(3)}, ` +
        `without the two best ${summary.withoutTwoBest.toFixed(3)}, ` +
        `worst ${summary.worst.ratio.toFixed(2)} (${summary.worst.name}), ` +
        `quickjs ${summary.quickJs?.toFixed(2) ?? "-"}`,
    );
  }
  const quickJs = benchmarks.find(({ name }) => name === "quickjs");
  const compiling = quickJs === undefined ? undefined : await compileQuickJs(quickJs, folder);
  if (options.json) console.log(JSON.stringify({ cases: all, summaries, compiling }, undefined, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
