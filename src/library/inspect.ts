/** What an image holds: of a file that was built, or of the image that a program becomes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { NamedCode } from "../audit/code-names.ts";
import { ImageFault } from "../audit/image-fault.ts";
import { inspectImage } from "../audit/inspect.ts";
import type { Inspection } from "../audit/inspection.ts";
import type { NativePlatform } from "../build/native-image.ts";
import { formatOf, imageBytesOf } from "../image/image-bytes.ts";
import { nameImage, type ImageWish } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";
import type { LinkedInstance } from "../linker/linked.ts";
import { buildApp, isImageFile } from "./app-image.ts";
import { buildNative } from "./native-images.ts";

export interface InspectOptions {
  /** Of a program that is built for this. */
  readonly platform: NativePlatform;
  readonly name?: string | undefined;
  readonly wish?: ImageWish;
  /** Hears what is being done. */
  readonly onStep?: (text: string) => void;
}

/** Throws a `UserError` for an entry that cannot be built, and a file that is no image, or no whole one. */
export async function inspectEntry(
  entry: string,
  { platform, name, wish = {}, onStep = () => {} }: InspectOptions,
): Promise<Inspection> {
  if (isImageFile(entry)) return inspectFile(entry);
  onStep(`building ${entry}`);
  const image = nameImage(await buildApp(entry, wish), name);
  onStep(`making ${image.manifest.name} machine code`);
  const { elf, linked } = await buildNative(image, platform);
  return inspectImage(elf, namesOf(linked.instances));
}

async function inspectFile(file: string): Promise<Inspection> {
  const bytes = new Uint8Array(readFileSync(file));
  const format = formatOf(bytes) ?? "elf";
  const elf = format === "elf" ? bytes : imageBytesOf(bytes);
  if (elf === undefined) {
    throw new UserError(
      "image",
      `${file} holds no complete image`,
      "copy it again, or build it again: skerry build",
    );
  }
  const { readImageFile } = await import("../build/image-file.ts");
  const names = namesOf(readImageFile(file, bytes)?.native.linked.instances ?? []);
  const inspection = inspectBytes(elf, file, names);
  if (format === "elf") return inspection;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { ...inspection, within: { format, sizeBytes: bytes.length, sha256 } };
}

/** `shown`: what the image is called in an error. */
export function inspectBytes(elf: Uint8Array, shown: string, names: readonly NamedCode[] = []): Inspection {
  try {
    return inspectImage(elf, names);
  } catch (error) {
    if (error instanceof ImageFault) throw new UserError("image", `${shown} ${error.message}`, error.hint);
    throw error;
  }
}

const OWNERS = ["kernel", "engine", "app"] as const;

function namesOf(instances: readonly LinkedInstance[]): NamedCode[] {
  return instances.flatMap(({ name, module }) => {
    const owner = OWNERS.find((each) => each === name);
    if (owner === undefined) return [];
    return module.functions.flatMap(({ index, sizeBytes }): NamedCode[] => {
      const known = module.names[index];
      return known === undefined ? [] : [{ owner, name: known, sizeBytes }];
    });
  });
}
