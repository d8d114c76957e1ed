import test from "node:test";
import path from "node:path";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { buildImage } from "../image/image.ts";
import { CASES, type Bench } from "./conformance.cases.ts";
import { nodeTarget } from "./node/target.ts";
import type { Target } from "./target.ts";

const TARGETS: Readonly<Record<string, Target>> = { node: nodeTarget };

/** Images by their source: each is built once. */
const images = new Map<string, ReturnType<typeof buildImage>>();
const folder = mkdtempSync(path.join(tmpdir(), "skerry-conformance-"));
test.after(() => rmSync(folder, { recursive: true }));

function imageOf(source: string): ReturnType<typeof buildImage> {
  const known = images.get(source);
  if (known !== undefined) return known;
  const file = path.join(folder, String(images.size), "main.ts");
  mkdirSync(path.dirname(file));
  writeFileSync(file, source.trimStart());
  const image = buildImage(file);
  images.set(source, image);
  return image;
}

for (const [name, target] of Object.entries(TARGETS)) {
  const bench: Bench = {
    start: async (source, options) => target.start(await imageOf(source), options),
  };
  for (const [title, run] of Object.entries(CASES)) test(`${name}: ${title}`, () => run(bench));
}
