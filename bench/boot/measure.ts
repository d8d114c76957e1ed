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

/** What fails in the first round, which warms caches and is not counted, is left out with its reason. */
export async function measure(
  rows: readonly Row[],
  rounds: number,
  say: (text: string) => void,
): Promise<{ readonly measured: readonly Measured[]; readonly absent: readonly Absent[] }> {
  const measured: { row: Row; samples: Sample[]; stride: number }[] = [];
  const absent: Absent[] = [];
  for (const row of rows) {
    try {
      const { wallMs } = await row.run();
      measured.push({ row, samples: [], stride: wallMs > SLOW_MS ? SLOW_STRIDE : 1 });
      say(`${row.name}: works`);
    } catch (error) {
      absent.push({ name: row.name, why: messageOf(error) });
      say(`${row.name}: left out, ${messageOf(error)}`);
    }
  }
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    for (const { row, samples, stride } of measured) {
      if (round % stride === 0) samples.push(await row.run());
    }
  }
  return { measured, absent };
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
