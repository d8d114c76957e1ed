/** What a fuzz target is, and how inputs are mutated. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { seededRandom } from "../src/link/random.ts";

export interface FuzzTarget {
  readonly name: string;
  /** Seeds, or the folder that holds them. */
  readonly corpus: readonly Uint8Array[] | string;
  /** Throws when the property that is tested does not hold. */
  run(input: Uint8Array): void | Promise<void>;
}

/** A small deterministic generator, so that a found input can be found again from its seed. */
export function randomFrom(seed: number): (limit: number) => number {
  const random = seededRandom(seed);
  return (limit) => Math.floor(random() * limit);
}

/** Every target in this folder. */
export async function loadTargets(): Promise<FuzzTarget[]> {
  const found: FuzzTarget[] = [];
  for (const name of readdirSync(import.meta.dirname).sort()) {
    if (!name.endsWith(".ts") || name.endsWith(".test.ts") || ["run.ts", "target.ts"].includes(name))
      continue;
    const module = (await import(path.join(import.meta.dirname, name))) as { target?: FuzzTarget };
    if (module.target !== undefined) found.push(module.target);
  }
  return found;
}

export function loadCorpus(target: FuzzTarget): Uint8Array[] {
  const { corpus } = target;
  if (typeof corpus !== "string") return [...corpus];
  return readdirSync(corpus)
    .sort()
    .map((name) => new Uint8Array(readFileSync(path.join(corpus, name))));
}

const INTERESTING = [0, 1, 0x0a, 0x0d, 0x20, 0x3a, 0x7f, 0x80, 0xff];
const MUTATION_LIMIT = 8;
const INPUT_SIZE_LIMIT = 4096;

/** One to eight small changes to a seed: bytes set, flipped, inserted, removed, copied, or another seed's tail. */
export function mutate(seeds: readonly Uint8Array[], random: (limit: number) => number): Uint8Array {
  let bytes = [...seeds[random(seeds.length)]!];
  for (let count = 1 + random(MUTATION_LIMIT); count > 0; count--) {
    const at = random(bytes.length + 1);
    const change = CHANGES[random(CHANGES.length)]!;
    bytes = change(bytes, at, random, seeds).slice(0, INPUT_SIZE_LIMIT);
  }
  return Uint8Array.from(bytes);
}

type Change = (
  bytes: number[],
  at: number,
  random: (limit: number) => number,
  seeds: readonly Uint8Array[],
) => number[];

const CHANGES_OF_SOME: readonly Change[] = [
  (bytes, at, random) => bytes.with(Math.min(at, bytes.length - 1), random(256)),
  (bytes, at, random) => bytes.map((byte, index) => (index === at ? byte ^ (1 << random(8)) : byte)),
  (bytes, at, random) => bytes.toSpliced(at, 0, INTERESTING[random(INTERESTING.length)]!),
  (bytes, at, random) => bytes.toSpliced(at, random(8)),
  (bytes, at, random) => bytes.toSpliced(at, 0, ...bytes.slice(at, at + random(32))),
  (bytes, at, random, seeds) => [...bytes.slice(0, at), ...seeds[random(seeds.length)]!.slice(at)],
];

/** An empty input can only grow. */
const CHANGES: readonly Change[] = CHANGES_OF_SOME.map(
  (change) => (bytes, at, random, seeds) =>
    bytes.length === 0 ? [random(256)] : change(bytes, at, random, seeds),
);
