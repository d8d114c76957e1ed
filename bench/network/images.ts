/** Images of ours for the benchmarks of the network. */
import path from "node:path";
import { writeFileSync } from "node:fs";
import { buildNative } from "../../src/library/native-images.ts";
import { buildImage } from "../../src/image/image.ts";
import type { Launchable, Target } from "../../src/targets/target.ts";
import { runFolder } from "./c-program.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const EXECUTABLE_MODE = 0o700;

export async function launchable(entry: string, platform: Target["platform"]): Promise<Launchable> {
  const image = await buildImage(path.join(ROOT, entry));
  return platform === undefined ? image : { ...image, native: await buildNative(image, platform) };
}

const files = new Map<string, string>();

/** The file of an image that is a Linux process; built once a run. */
export async function processImage(entry: string): Promise<string> {
  const known = files.get(entry);
  if (known !== undefined) return known;
  const file = path.join(runFolder(), `image-${files.size}`);
  files.set(entry, file);
  const { native } = await launchable(entry, "process");
  writeFileSync(file, native!.elf, { mode: EXECUTABLE_MODE });
  return file;
}
