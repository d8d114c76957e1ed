/**
 * An image as a file, and what stands beside it for whoever runs it: `FILE.debug`, from which crash reports get names,
 * lines and source places. The image itself holds none of that.
 *
 * The two belong together by the image's hash; a file of another image, or of something else, is as good as none.
 *
 * Tests: image-file.test.ts
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { CompiledModule } from "../abi/object.ts";
import type { Manifest } from "../abi/manifest.ts";
import { configurationOfDisk, configureDisk, overlaid } from "../image/disk.ts";
import { readNote, readPlacement } from "../image/elf-file.ts";
import { formatOf, imageBytesOf } from "../image/image-bytes.ts";
import type { Image } from "../image/image.ts";
import type { LinkedInstance, LinkedProgram } from "../linker/linked.ts";
import { UserError } from "../image/user-error.ts";
import { decodePlain, encodePlain, isWhole } from "./compiled-form.ts";
import { hasDebugForm } from "./debug-form.ts";
import { MANIFEST_NOTE, type NativePlatform } from "./native-image.ts";

export const DEBUG_EXTENSION = ".debug";

type Places = Pick<LinkedProgram, "instances" | "regions">;
type Sources = Pick<Image, "sourceMap">;

interface Debug extends Sources {
  readonly format: 1;
  readonly imageSha256: string;
  readonly places: Places;
}

export interface ImageFile extends Sources {
  readonly manifest: Manifest;
  readonly platform: NativePlatform;
  /** Not known of a file. */
  readonly inputs: readonly [];
  readonly native: {
    readonly elf: Uint8Array;
    readonly linked: Places;
    /** Of a raw disk: what boots from it. */
    readonly disk?: { configured(text: string): Uint8Array };
  };
}

/** The content of `FILE.debug`. */
export function debugFile(elf: Uint8Array, { instances, regions }: Places, image: Sources): Uint8Array {
  const { sourceMap } = image;
  const content: Debug = {
    format: 1,
    imageSha256: sha256(elf),
    ...(sourceMap === undefined ? {} : { sourceMap }),
    places: { instances: instances.map(withoutContent), regions },
  };
  return encodePlain(content);
}

const NOTHING = new Uint8Array();

/** Code stays: how far a prologue has come is read from it. */
function withoutContent(instance: LinkedInstance): LinkedInstance {
  const module: CompiledModule = {
    ...instance.module,
    constants: NOTHING,
    relocations: new Int32Array(),
    jumps: new Int32Array(),
    initial: undefined,
  };
  return { ...instance, module };
}

/**
 * The image in `file`, whose content in any format is `bytes`; undefined for a file that is none. Throws a `UserError`
 * for one whose `FILE.debug` is not as it should be.
 */
export function readImageFile(file: string, bytes: Uint8Array): ImageFile | undefined {
  const elf = imageBytesOf(bytes);
  if (elf === undefined) return undefined;
  const note = readNote(elf, MANIFEST_NOTE);
  if (note === undefined) return undefined;
  const manifest = readManifest(note);
  if (manifest === undefined) return undefined;
  const platform = readPlacement(elf) === "fixed" ? "bare" : "process";
  const { sourceMap, places = NO_PLACES } = readDebug(file, elf) ?? {};
  return {
    manifest,
    platform,
    inputs: [],
    ...(sourceMap === undefined ? {} : { sourceMap }),
    native: { elf, linked: places, ...(formatOf(bytes) === "raw" ? { disk: bootDisk(bytes) } : {}) },
  };
}

function bootDisk(disk: Uint8Array) {
  return {
    configured: (text: string) => configureDisk(disk, overlaid(text, configurationOfDisk(disk))),
  };
}

function readManifest(note: Uint8Array): Manifest | undefined {
  try {
    const manifest = JSON.parse(new TextDecoder().decode(note)) as Manifest;
    return manifest.format === 1 && Array.isArray(manifest.services) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

const NO_PLACES: Places = { instances: [], regions: [] };

/** Throws a `UserError` for a file of this image that holds something else than it should. */
function readDebug(file: string, elf: Uint8Array): Debug | undefined {
  const debug = decodeFile(`${file}${DEBUG_EXTENSION}`);
  if (debug?.imageSha256 !== sha256(elf)) return undefined;
  if (hasDebugForm(debug)) return debug as Debug;
  throw new UserError(
    "debug",
    `${file}${DEBUG_EXTENSION} is of this image, and does not hold what this version of Skerry reads in it`,
    "build the image again, or remove that file: the image runs without it, its crash reports name no lines",
  );
}

function decodeFile(file: string): Partial<Debug> | undefined {
  try {
    // A copy, so that its arrays begin where they have to.
    const bytes = new Uint8Array(readFileSync(file));
    return isWhole(bytes) ? (decodePlain(bytes) as Partial<Debug>) : undefined;
  } catch {
    return undefined;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
