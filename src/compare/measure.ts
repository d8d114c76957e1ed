/**
 * Makes every kind ready, lets them all start in turns, looks at each while it runs. What fails is left out with its
 * reason, and the others go on.
 *
 * Tests: measure.test.ts, with kinds that are made up
 */
import type { Boot, ComparedKind, KindName } from "./comparison.ts";
import { designOf, layersByDesign, TITLES } from "./design.ts";
import { firstResponse, type Answer } from "./first-response.ts";
import type { Kind, Observed, Ready, Started } from "./kinds/kind.ts";
import { messageOf } from "./not-here.ts";

/** A kind that takes longer has its turn in every third round only. */
const SLOW_MS = 3000;
const SLOW_STRIDE = 3;

export interface MeasureOptions {
  readonly rounds: number;
  readonly path: string;
  readonly limitMs: number;
  /** Hears what is being done. */
  readonly onStep: (text: string) => void;
}

export interface MeasuredKinds {
  readonly kinds: readonly ComparedKind[];
  /** Of those that answered, by kind. */
  readonly answers: ReadonlyMap<KindName, Answer>;
}

interface Running {
  readonly name: KindName;
  readonly ready: Ready;
  readonly timesMs: number[];
  readonly stride: number;
  readonly observed: Observed;
}

interface Turn<Seen> {
  readonly wallMs: number;
  readonly answer: Answer;
  readonly observed: Seen;
}

export async function measureKinds(kinds: readonly Kind[], options: MeasureOptions): Promise<MeasuredKinds> {
  const { rounds, onStep } = options;
  const running: Running[] = [];
  const absent = new Map<KindName, string>();
  const answers = new Map<KindName, Answer>();
  const made: Ready[] = [];
  const attempt = async (name: KindName, where: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      absent.set(name, `${messageOf(error)}${where}`);
    }
  };
  try {
    for (const { name, prepare } of kinds) {
      await attempt(name, "", async () => {
        onStep(`${TITLES[name]}: getting ready`);
        const ready = await prepare();
        made.push(ready);
        onStep(`${TITLES[name]}: first start`);
        // It warms the host's caches, and is not counted.
        const { wallMs, answer, observed } = await takeTurn(ready, options, (started) => started.observe());
        answers.set(name, answer);
        const stride = wallMs > SLOW_MS ? SLOW_STRIDE : 1;
        running.push({ name, ready, timesMs: [], observed, stride });
      });
    }
    for (let round = 0; round < rounds; round++) {
      for (const each of running) {
        if (round % each.stride !== 0 || absent.has(each.name)) continue;
        onStep(`${TITLES[each.name]}: start ${round + 1} of ${rounds}`);
        await attempt(each.name, ` (start ${round + 1})`, async () => {
          each.timesMs.push((await takeTurn(each.ready, options, nothing)).wallMs);
        });
      }
    }
  } finally {
    for (const ready of made) ready.close();
  }
  return { kinds: kinds.map(({ name }) => describe(name, running, absent)), answers };
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/** `observe` looks at what runs, once the time is taken. */
async function takeTurn<Seen>(
  ready: Ready,
  { limitMs, path }: MeasureOptions,
  observe: (started: Started) => Promise<Seen>,
): Promise<Turn<Seen>> {
  const startedAt = performance.now();
  const started = await ready.start();
  try {
    const answer = await firstResponse(started.port, limitMs, path);
    const wallMs = performance.now() - startedAt;
    return { wallMs, answer, observed: await observe(started) };
  } finally {
    await started.stop();
  }
}

function describe(
  name: KindName,
  running: readonly Running[],
  absent: ReadonlyMap<KindName, string>,
): ComparedKind {
  const title = TITLES[name];
  const design = designOf(name);
  const found = running.find((each) => each.name === name);
  const why = absent.get(name);
  if (found === undefined || why !== undefined) {
    const none = { value: null, why: why ?? "it was not tried" };
    return {
      ...{ name, title, how: none.why, isMeasured: false, layers: layersByDesign(name), shippedBytes: none },
      boot: { medianMs: null, why: none.why },
      memory: { residentBytes: none, proportionalBytes: none },
      design,
    };
  }
  const { ready, observed, timesMs } = found;
  const { layers, memory } = observed;
  const { how, shippedBytes, caution } = ready;
  return {
    ...{ name, title, how, isMeasured: true, layers, shippedBytes, boot: bootOf(timesMs), memory, design },
    ...(caution === undefined ? {} : { caution }),
  };
}

function bootOf(timesMs: readonly number[]): Boot {
  if (timesMs.length === 0) return { medianMs: null, why: "no rounds were asked for" };
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => quantile(timesMs, part));
  return { medianMs: median!, quartilesMs: [low!, high!], rounds: timesMs.length };
}

/** Between two neighbours in proportion. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}
