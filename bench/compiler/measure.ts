/** Calibration, interleaved rounds, and what is made of their times. Times are processor time. */
import type { CallResult, Engine, PreparedCase } from "./engine.ts";
import type { BenchmarkCase } from "./case.ts";

export interface CaseTimes {
  readonly name: string;
  /** How often the case's work is done in a round. */
  readonly count: number;
  /** The median over the rounds, by engine; engines that cannot run the case are left out. */
  readonly medianMs: Readonly<Record<string, number>>;
  /** Engines whose checksums differ from the reference engine's. */
  readonly wrong: readonly string[];
  readonly failures: Readonly<Record<string, string>>;
}

const ROUND_MS = 150;
/** A first guess is refined until a round takes this long: shorter ones are mostly start-up and clock. */
const CALIBRATED_MS = 30;
const COUNT_LIMIT = 1 << 28;
/** The part of a round's work that is done before it, to fill caches and predictors. */
const WARM_UP = 0.2;

/** How often to do a case's work so that a round takes `ROUND_MS` on the reference engine. */
async function calibrate(reference: PreparedCase): Promise<number> {
  let count = 64;
  for (;;) {
    const [, result] = await reference.run([1, count]);
    const tookMs = result!.cpuMs;
    if (tookMs >= CALIBRATED_MS || count >= COUNT_LIMIT) {
      return Math.max(1, Math.round((count * ROUND_MS) / tookMs));
    }
    count *= Math.min(32, Math.max(2, Math.ceil((1.5 * CALIBRATED_MS) / Math.max(tookMs, 1))));
  }
}

/** Runs a case on all engines in turn, round by round; the first engine is the reference. */
export async function measureCase(
  benchmark: BenchmarkCase,
  engines: readonly Engine[],
  rounds: number,
): Promise<CaseTimes> {
  const failures: Record<string, string> = {};
  const prepared = new Map<string, PreparedCase>();
  for (const engine of engines) {
    await attempt(engine.name, failures, async () => {
      prepared.set(engine.name, await engine.prepare(benchmark));
    });
  }
  const reference = prepared.get(engines[0]!.name);
  if (reference === undefined) throw new Error(`${benchmark.name}: ${failures[engines[0]!.name]}`);
  const count = await calibrate(reference);
  const counts = [Math.max(1, Math.round(count * WARM_UP)), count];
  const results = new Map<string, CallResult[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, one] of prepared) {
      if (failures[name] !== undefined) continue;
      await attempt(name, failures, async () => {
        results.set(name, [...(results.get(name) ?? []), (await one.run(counts))[1]!]);
      });
    }
  }
  const expected = results.get(engines[0]!.name)?.[0]?.value;
  const complete = [...results].filter(([name]) => failures[name] === undefined);
  return {
    name: benchmark.name,
    count,
    medianMs: Object.fromEntries(
      complete.map(([name, list]) => [name, median(list.map((result) => result.cpuMs))]),
    ),
    wrong: complete
      .filter(([, list]) => list.some((result) => result.value !== expected))
      .map(([name]) => name),
    failures,
  };
}

async function attempt(
  name: string,
  failures: Record<string, string>,
  action: () => Promise<void>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    failures[name] = error instanceof Error ? error.message : String(error);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Summary {
  /** All are an engine's time over the reference's: below 1 is faster. QuickJS is not among the kernels. */
  readonly geometricMean: number;
  /** Without the two kernels that are best for the engine: no mean rests on outliers. */
  readonly withoutTwoBest: number;
  readonly worst: { readonly name: string; readonly ratio: number };
  readonly quickJs: number | undefined;
}

export function summarize(
  times: readonly CaseTimes[],
  engine: string,
  reference: string,
): Summary | undefined {
  const ratios = times
    .filter((one) => one.medianMs[engine] !== undefined && one.medianMs[reference] !== undefined)
    .map((one) => ({ name: one.name, ratio: one.medianMs[engine]! / one.medianMs[reference]! }))
    .sort((a, b) => a.ratio - b.ratio);
  const kernels = ratios.filter((one) => one.name !== "quickjs");
  if (kernels.length === 0) return undefined;
  return {
    geometricMean: geometricMean(kernels.map((one) => one.ratio)),
    withoutTwoBest: geometricMean(kernels.slice(kernels.length > 2 ? 2 : 0).map((one) => one.ratio)),
    worst: kernels.at(-1)!,
    quickJs: ratios.find((one) => one.name === "quickjs")?.ratio,
  };
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
