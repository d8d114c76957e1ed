/** Runs benchmarks one after the other, each in a process of its own, and gathers the tables that they publish. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { hostFacts } from "../network/host.ts";
import type { Benchmark } from "./benchmarks.ts";
import { readTables, TABLES_VARIABLE, type Table } from "./table.ts";

export interface Section {
  readonly benchmark: Benchmark;
  readonly tables: readonly Table[];
  /** Why there may be less than there should. */
  readonly problem?: string;
}

export interface Report {
  /** The machine, name by name. */
  readonly host: Readonly<Record<string, string>>;
  readonly sections: readonly Section[];
}

export interface MeasureOptions {
  readonly isQuick: boolean;
  /** Hears what there is after each benchmark: what comes later may fail, or take an hour. */
  readonly onReport: (report: Report) => void;
}

const QUICK_FACT = { rounds: "few (--quick): to be looked at, not to be quoted" };

/** What a benchmark prints goes where this process prints. One that fails leaves what it published, and its reason. */
export async function measureAll(
  benchmarks: readonly Benchmark[],
  { isQuick, onReport }: MeasureOptions,
): Promise<Report> {
  const host = { ...hostFacts(), ...(isQuick ? QUICK_FACT : {}) };
  const sections: Section[] = [];
  const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-report-"));
  try {
    for (const benchmark of benchmarks) {
      process.stdout.write(`\n# ${benchmark.title}\n`);
      sections.push(await measureOne(benchmark, path.join(folder, benchmark.name), isQuick));
      onReport(reportOf());
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return reportOf();

  function reportOf(): Report {
    return { host: { ...host, "load at the end": hostFacts().load }, sections };
  }
}

async function measureOne(benchmark: Benchmark, file: string, isQuick: boolean): Promise<Section> {
  writeFileSync(file, "");
  const options = isQuick ? ["--", ...benchmark.quick] : [];
  const child = spawn("npm", ["run", "--silent", `bench:${benchmark.name}`, ...options], {
    cwd: PACKAGE_ROOT,
    stdio: "inherit",
    env: { ...process.env, [TABLES_VARIABLE]: file },
  });
  const [status, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  const tables = readTables(readFileSync(file, "utf8"));
  if (status === 0) return { benchmark, tables };
  return { benchmark, tables, problem: `it ended with ${signal ?? `status ${status}`}` };
}
