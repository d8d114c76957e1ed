/**
 * `npm run bench:compiler`: code of Skerry's compiler beside V8's TurboFan and Liftoff (and with `--gcc` beside gcc -O2
 * through wasm2c), on the kernels and on QuickJS.
 *
 * Engines take turns round by round, each round in a fresh process; what counts is processor time. All ratios are
 * time over TurboFan's time: below 1 is faster.
 */
import os from "node:os";
import path from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { measureCompiling } from "./compile-time.ts";
import { v8Engines, type Engine } from "./engine.ts";
import { gccEngine } from "./gcc.ts";
import { KERNELS, kernelWasm } from "./kernels.ts";
import { measureCase, summarize, type CaseTimes } from "./measure.ts";
import { printHost } from "../network/host.ts";
import { publish, type TableRow } from "../report/table.ts";
import { nativeEngine } from "./native.ts";
import { quickJsCase } from "./quickjs.ts";
import type { BenchmarkCase } from "./case.ts";
import { scriptWords } from "../../tools/script-words.ts";

const REFERENCE = "turbofan";

const words = scriptWords({
  name: "bench:compiler",
  about: [
    "Processor time of our compiler's code, compared with V8's compilers: small programs, and QuickJS.",
  ],
  options: {
    filter: { value: "TEXT", default: "", help: "cases whose name contains it" },
    rounds: { value: "N", default: "5", help: "runs of each, in turns" },
    gcc: { help: "with wasm2c and gcc as well" },
  },
  examples: ["", "--filter quickjs --rounds 9"],
});
const rounds = words.number("rounds");

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

const msColumn = (name: string): string => `${name} ms`;
const ratioColumn = (name: string): string => `${name} ratio`;

function publishTimes(engines: readonly Engine[], all: readonly CaseTimes[]): void {
  const rows = all.map(({ name, medianMs, wrong }) => ({
    name: wrong.length === 0 ? name : `${name} !`,
    cells: engines.flatMap((engine) => {
      const time = medianMs[engine.name];
      return [time, time === undefined ? undefined : time / (medianMs[REFERENCE] ?? NaN)];
    }),
  }));
  const problems = all.flatMap(({ name, wrong, failures }) => [
    ...wrong.map((engine) => `! ${name}: ${engine} has another checksum than ${REFERENCE}`),
    ...Object.entries(failures).map(([engine, why]) => `${name}: ${engine}: ${why.split("\n")[0]}`),
  ]);
  if (problems.length > 0) process.exitCode = 1;
  publish({
    title: `processor time of code, medians of ${rounds} rounds; ratios to ${REFERENCE}`,
    columns: engines.flatMap(({ name }) => [
      { head: msColumn(name), digits: 1 },
      { head: ratioColumn(name), digits: 2 },
    ]),
    rows,
    chart: {
      columns: engines.filter(({ name }) => name !== REFERENCE).map(({ name }) => ratioColumn(name)),
      better: "less",
    },
    notes: problems,
  });
}

function publishSummaries(engines: readonly Engine[], all: readonly CaseTimes[]): void {
  const rows = engines
    .filter(({ name }) => name !== REFERENCE)
    .flatMap(({ name }): TableRow[] => {
      const summary = summarize(all, name, REFERENCE);
      if (summary === undefined) return [];
      const { geometricMean, withoutTwoBest, worst, quickJs } = summary;
      return [{ name, cells: [geometricMean, withoutTwoBest, worst.ratio, worst.name, quickJs] }];
    });
  publish({
    title: `time over ${REFERENCE}'s`,
    columns: [
      { head: "geometric mean", digits: 3 },
      { head: "without the two best", digits: 3 },
      { head: "worst", digits: 2 },
      { head: "of" },
      { head: "QuickJS", digits: 2 },
    ],
    rows,
    chart: { columns: ["geometric mean"], better: "less" },
  });
}

/** Says why where it fails. */
async function publishCompiling(benchmark: BenchmarkCase, folder: string): Promise<void> {
  try {
    const { cold, warm } = await measureCompiling(benchmark.modules[0]!.wasm, folder);
    publish({
      title: "compiling QuickJS, with an empty cache and with what it left there",
      columns: ["wall ms", "processor ms", "peak MiB", "bytes of Wasm", "bytes of code"].map((head) => ({
        head,
      })),
      rows: Object.entries({ cold, warm }).map(
        ([name, { wallMs, cpuMs, peakMiB, wasmBytes, codeBytes }]) => ({
          name,
          cells: [wallMs, cpuMs, peakMiB, wasmBytes, codeBytes],
        }),
      ),
    });
  } catch (error) {
    console.log(`quickjs does not compile: ${String(error).split("\n").slice(0, 3).join(" ")}`);
    process.exitCode = 1;
  }
}

const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-bench-"));
try {
  const engines: readonly Engine[] = [
    ...v8Engines(folder),
    nativeEngine,
    ...(words.has("gcc") ? [gccEngine(folder)] : []),
  ];
  const all: CaseTimes[] = [];
  const benchmarks = await cases(words.text("filter"));
  for (const benchmark of benchmarks) {
    process.stderr.write(`${benchmark.name}\n`);
    all.push(await measureCase(benchmark, engines, rounds));
  }
  printHost();
  publishTimes(engines, all);
  publishSummaries(engines, all);
  const quickJs = benchmarks.find(({ name }) => name === "quickjs");
  if (quickJs !== undefined) await publishCompiling(quickJs, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
