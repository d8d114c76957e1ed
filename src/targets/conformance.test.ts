import test from "node:test";
import path from "node:path";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { buildNativeImage } from "../build/native-image.ts";
import { buildImage, type Image } from "../image/image.ts";
import { CASES, type Bench } from "./conformance.cases.ts";
import { nodeTarget } from "./node/target.ts";
import { processTarget } from "./process/target.ts";
import { findQemu, qemuFacts } from "./qemu/probe.ts";
import { qemuTarget } from "./qemu/target.ts";
import { ACCELERATORS, type Launchable, type MachineOptions, type Target } from "./target.ts";

interface Tested {
  readonly name: string;
  readonly target: Target;
  readonly options?: Partial<MachineOptions>;
}

const folder = mkdtempSync(path.join(tmpdir(), "skerry-conformance-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Images by platform and source: each is built once. */
const images = new Map<string, Promise<Launchable>>();

function imageOf(source: string, platform: Target["platform"]): Promise<Launchable> {
  const key = `${platform} ${source}`;
  const known = images.get(key);
  if (known !== undefined) return known;
  const image = platform === undefined ? buildSource(source) : buildNative(source, platform);
  images.set(key, image);
  return image;
}

function buildSource(source: string): Promise<Image> {
  const file = path.join(folder, String(images.size), "main.ts");
  mkdirSync(path.dirname(file));
  writeFileSync(file, source.trimStart());
  return buildImage(file);
}

async function buildNative(source: string, platform: NonNullable<Target["platform"]>): Promise<Launchable> {
  const image = await buildSource(source);
  return { ...image, native: await buildNativeImage(image, platform) };
}

const file = findQemu();
const facts = file === undefined ? undefined : await qemuFacts(file);
const skip = { qemu: facts === undefined ? "needs qemu-system-x86_64" : false, node: false, process: false };
const onQemu = ACCELERATORS.filter((name) => facts === undefined || facts.problems[name] === null).map(
  (accelerator): Tested => ({ name: `qemu, ${accelerator}`, target: qemuTarget, options: { accelerator } }),
);

const tested: readonly Tested[] = [
  { name: "node", target: nodeTarget },
  { name: "process", target: processTarget },
  ...onQemu,
];

for (const { name, target, options: more } of tested) {
  const bench: Bench = {
    start: async (source, options) =>
      target.start(await imageOf(source, target.platform), { ...options, ...more }),
  };
  for (const [title, run] of Object.entries(CASES)) {
    test(`${name}: ${title}`, { skip: skip[target.name] }, () => run(bench));
  }
}
