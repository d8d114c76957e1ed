/** Images for tests of their readers, and ways to change them as somebody might. */
import { createHash } from "node:crypto";
import path from "node:path";
import type { Manifest, ManifestPart } from "../abi/manifest.ts";
import { buildNativeImage, type NativePlatform } from "../build/native-image.ts";
import { buildImage } from "../image/image.ts";
import { PACKAGE_ROOT } from "../image/package-root.ts";
import { pageAligned, readElf } from "./elf.ts";

export const PLATFORMS = ["bare", "process"] as const satisfies readonly NativePlatform[];

const built = new Map<string, Promise<Uint8Array>>();

/** Of an example; built once a process. */
export function exampleImage(example: string, platform: NativePlatform): Promise<Uint8Array> {
  const key = `${example} ${platform}`;
  const known = built.get(key) ?? build(example, platform);
  built.set(key, known);
  return known;
}

async function build(example: string, platform: NativePlatform): Promise<Uint8Array> {
  return (await buildNativeImage(await buildImage(path.join(PACKAGE_ROOT, "examples", example)), platform))
    .elf;
}

function noteOf(image: Uint8Array) {
  return readElf(image).notes.find(({ name }) => name === "Skerry")!;
}

export function manifestOf(image: Uint8Array): Manifest {
  return JSON.parse(new TextDecoder().decode(noteOf(image).bytes)) as Manifest;
}

/** The image with other text for a manifest; what is too short for its note is filled up with spaces. */
export function withText(image: Uint8Array, text: string): Uint8Array {
  const { offset, bytes } = noteOf(image);
  const written = new Uint8Array(bytes.length).fill(0x20);
  written.set(new TextEncoder().encode(text)); // throws where it has become longer
  const changed = image.slice();
  changed.set(written, offset);
  return changed;
}

/** With other fields, which take no more room. */
export function withManifest(image: Uint8Array, fields: Partial<Manifest>): Uint8Array {
  return withText(image, JSON.stringify({ ...manifestOf(image), ...fields }));
}

export function withParts(
  image: Uint8Array,
  change: (parts: readonly ManifestPart[]) => readonly ManifestPart[],
): Uint8Array {
  const manifest = manifestOf(image);
  const native = { ...manifest.native!, parts: change(manifest.native!.parts) };
  // Whitespace makes room; a list of devices does not matter to what these tests try.
  return withText(image, JSON.stringify({ ...manifest, native, packages: [] }));
}

/** Where in the file the byte of this address is; of the last page of a segment, whatever lies there. */
function fileOffset(image: Uint8Array, address: number): number {
  const segment = readElf(image).segments.find(
    (each) => address >= each.address && address < each.address + pageAligned(each.fileBytes),
  )!;
  return segment.offset + address - segment.address;
}

/** One bit of the byte at `address` is another one. */
export function flipped(image: Uint8Array, address: number): Uint8Array {
  const changed = image.slice();
  changed[fileOffset(image, address)]! ^= 1;
  return changed;
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
