/** Rounds in which every row has its turn, so that what else the machine does meets all alike; and what they come to. */
import { messageOf, type Absent, type Cost, type MemoryChoice, type Row, type Sample } from "./row.ts";

/** A row that takes longer has its turn in every third round only. */
const SLOW_MS = 2000;
const SLOW_STRIDE = 3;
/** Answers that a size must give before it counts. */
const MEMORY_ANSWERS = 2;

export interface Measured {
  readonly row: Row;
  readonly samples: readonly Sample[];
}

export interface Figures {
  readonly count: number;
  readonly medianMs: number;
  /** A quarter of the samples lie below, a quarter above. */
  readonly quartilesMs: readonly [number, number];
  readonly cost: Cost | undefined;
}

interface Running {
  readonly row: Row;
  readonly samples: Sample[];
  readonly stride: number;
}

/** The first round warms caches and is not counted. What fails, in any, is left out with its reason. */
export async function measure(
  rows: readonly Row[],
  rounds: number,
  say: (text: string) => void,
): Promise<{ readonly measured: readonly Measured[]; readonly absent: readonly Absent[] }> {
  const running = new Set<Running>();
  const absent: Absent[] = [];
  const attempt = async (row: Row, round: string): Promise<Sample | undefined> => {
    try {
      return await row.run();
    } catch (error) {
      const why = `${messageOf(error)} (${round})`;
      absent.push({ name: row.name, why });
      say(`${row.name}: left out, ${why}`);
      return undefined;
    }
  };
  for (const row of rows) {
    const sample = await attempt(row, "first run");
    if (sample === undefined) continue;
    say(`${row.name}: works`);
    running.add({ row, samples: [], stride: sample.wallMs > SLOW_MS ? SLOW_STRIDE : 1 });
  }
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    for (const each of running) {
      if (round % each.stride !== 0) continue;
      const sample = await attempt(each.row, `round ${round + 1}`);
      if (sample === undefined) running.delete(each);
      else each.samples.push(sample);
    }
  }
  return { measured: [...running], absent };
}

export function figuresOf(samples: readonly Sample[]): Figures {
  const wall = samples.map(({ wallMs }) => wallMs);
  const costs = samples.flatMap(({ cost }) => (cost === undefined ? [] : [cost]));
  const median = (of: (cost: Cost) => number): number => quantile(costs.map(of), 0.5);
  return {
    count: samples.length,
    medianMs: quantile(wall, 0.5),
    quartilesMs: [quantile(wall, 0.25), quantile(wall, 0.75)],
    cost:
      costs.length === 0
        ? undefined
        : {
            processorMs: median((cost) => cost.processorMs),
            residentBytes: median((cost) => cost.residentBytes),
          },
  };
}

/** Between two neighbours in proportion. */
function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** The fewest MiB with which there is an answer, by bisection: more is taken to be no worse. */
export async function smallestMemory(choice: MemoryChoice): Promise<number> {
  let fails = 0;
  let works = choice.enoughMiB;
  while (works - fails > 1) {
    const middle = (fails + works) >> 1;
    if (await answers(choice, middle)) works = middle;
    else fails = middle;
  }
  return works;
}

async function answers(choice: MemoryChoice, memoryMiB: number): Promise<boolean> {
  try {
    for (let count = 0; count < MEMORY_ANSWERS; count++) await choice.run(memoryMiB);
    return true;
  } catch {
    return false;
  }
}
