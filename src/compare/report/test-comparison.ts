/** A comparison that is made up: every kind of figure, some of them missing, and names that would like to be markup. */
import {
  KIND_NAMES,
  type ComparedKind,
  type Comparison,
  type KindName,
  type Measure,
} from "../comparison.ts";
import { designOf, layersByDesign, TITLES } from "../design.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const found = (value: number): Measure => ({ value, how: "made up" });

/** Of each layer, from the app down. */
const CODE_BYTES: Readonly<Record<KindName, readonly number[]>> = {
  process: [31 * MIB, 18 * MIB],
  container: [30 * MIB, 18 * MIB],
  microvm: [30 * MIB, 14 * MIB, 20 * MIB, 18 * MIB],
  "skerry-process": [689 * KIB, 94 * KIB, 18 * MIB],
  skerry: [689 * KIB, 103 * KIB, 7 * KIB, 20 * MIB, 18 * MIB],
};

function kind(name: KindName): ComparedKind {
  const bytes = CODE_BYTES[name];
  const layers = layersByDesign(name).map((layer, index) => ({
    ...layer,
    holds: "what it holds, in some words",
    codeBytes: found(bytes[index]!),
    doors: layer.doors.map((door) => ({
      ...door,
      count: found(20 + index),
      names: ["one.call", "another.call"],
    })),
  }));
  const memory = { residentBytes: found(50 * MIB), proportionalBytes: found(14 * MIB) };
  return {
    ...{ name, title: TITLES[name], how: "as it was made up", isMeasured: true, layers },
    shippedBytes: found(99 * MIB),
    boot: { medianMs: 123.4, quartilesMs: [120, 130], rounds: 5 },
    memory: name === "microvm" || name === "skerry" ? { ...memory, guestBytes: found(64 * MIB) } : memory,
    design: designOf(name),
    ...(name === "microvm" ? { caution: "it ran emulated" } : {}),
  };
}

export function absentKind(name: KindName, why: string): ComparedKind {
  const none: Measure = { value: null, why };
  return {
    ...{ name, title: TITLES[name], how: why, isMeasured: false, layers: layersByDesign(name) },
    shippedBytes: none,
    boot: { medianMs: null, why },
    memory: { residentBytes: none, proportionalBytes: none },
    design: designOf(name),
  };
}

export function madeUpComparison(change: Partial<Comparison> = {}): Comparison {
  return {
    format: 1,
    name: "shop<script>",
    entry: "server.ts",
    builder: "0.1.0",
    host: {
      ...{
        processor: "A & B",
        processors: 2,
        memoryBytes: 8 * 1024 * MIB,
        system: "Linux 6.1",
        node: "20.0.0",
      },
      ...{ user: "root", load: 0.5 },
    },
    rounds: 5,
    request: {
      path: "/",
      answers: KIND_NAMES.map((name) => ({ kind: name, status: 200, bodyBytes: 13 })),
      isSameEverywhere: true,
    },
    linuxApp: { servedBy: "an adapter", bundleBytes: 2000 },
    kinds: KIND_NAMES.map(kind),
    ...change,
  };
}
