/**
 * The files that an image is written as, and the image in any of them.
 *
 * Tests: image-bytes.test.ts
 */
import { elfOfDisk, isDisk } from "./disk.ts";
import { isElf } from "./elf-file.ts";
import { elfOfOci } from "./oci.ts";
import { isTar } from "./tar.ts";

export const FORMATS = ["elf", "raw", "oci"] as const;
export type Format = (typeof FORMATS)[number];

/** What a file's ending says; any other says ELF. */
const ENDINGS: readonly (readonly [ending: RegExp, format: Format])[] = [
  [/\.(img|raw)$/i, "raw"],
  [/\.tar$/i, "oci"],
];

export function formatOfName(file: string): Format {
  return ENDINGS.find(([ending]) => ending.test(file))?.[1] ?? "elf";
}

/** What a file is by its first bytes; undefined for one that is none of them. */
export function formatOf(file: Uint8Array): Format | undefined {
  if (isElf(file)) return "elf";
  if (isDisk(file)) return "raw";
  return isTar(file) ? "oci" : undefined;
}

const READERS: Readonly<Record<Format, (file: Uint8Array) => Uint8Array | undefined>> = {
  elf: (file) => file,
  raw: elfOfDisk,
  oci: elfOfOci,
};

/** The ELF file of an image in any format; undefined for a file that is none, or is cut off. */
export function imageBytesOf(file: Uint8Array): Uint8Array | undefined {
  const format = formatOf(file);
  const elf = format === undefined ? undefined : READERS[format](file);
  return elf !== undefined && isElf(elf) ? elf : undefined;
}
