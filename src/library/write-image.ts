/** Images as files, with what stands beside them. */
import { DEBUG_EXTENSION, debugFile } from "../build/image-file.ts";
import type { NativeImage } from "../build/native-image.ts";
import type { Image } from "../image/image.ts";
import type { Target } from "../targets/target.ts";
import { writeOutput } from "./written-file.ts";

/** The targets whose images are files, and what each is compiled for. */
export const PLATFORMS = { qemu: "bare", process: "process" } as const satisfies Record<
  string,
  Target["platform"]
>;
export type FileTarget = keyof typeof PLATFORMS;

/** A process image is run as it is; what a VMM loads is only read. */
const MODES: Readonly<Record<FileTarget, number>> = { qemu: 0o644, process: 0o755 };
const DEBUG_MODE = 0o644;

/** Throws a `UserError` where it cannot be written. */
export function writeImage(
  file: string,
  { elf, linked }: NativeImage,
  image: Image,
  target: FileTarget,
): void {
  writeOutput(file, elf, MODES[target]);
  writeOutput(`${file}${DEBUG_EXTENSION}`, debugFile(elf, linked, image), DEBUG_MODE);
}
