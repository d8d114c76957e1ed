/** Images as files, with what stands beside them. */
import { DEBUG_EXTENSION, debugFile } from "../build/image-file.ts";
import type { NativeImage } from "../build/native-image.ts";
import type { Format } from "../image/image-bytes.ts";
import type { Image } from "../image/image.ts";
import { writeOci } from "../image/oci.ts";
import { UserError } from "../image/user-error.ts";
import { bootDisk } from "../loader/disk.ts";
import type { Target } from "../targets/target.ts";
import { writeOutput } from "./written-file.ts";

/** The targets whose images are files, and what each is compiled for. */
export const PLATFORMS = { qemu: "bare", process: "process" } as const satisfies Record<
  string,
  Target["platform"]
>;
export type FileTarget = keyof typeof PLATFORMS;

const EXECUTABLE_MODE = 0o755;
const FILE_MODE = 0o644;

/** What an image is written as, besides for which target. */
export interface Form {
  readonly format: Format;
  /** Of a disk that boots by itself: `key=value` lines for its kernel. */
  readonly configuration: string;
}

/** The bytes of a file in this format. Throws a `UserError` where the target's image has no such form. */
export function imageFile(
  { elf, manifest }: Pick<NativeImage, "elf" | "manifest">,
  target: FileTarget,
  { format, configuration }: Form,
): Uint8Array {
  if (format === "oci") return writeOci(elf, manifest, PLATFORMS[target]);
  if (format === "elf") return elf;
  requireForm(target, format);
  return bootDisk(elf, configuration);
}

/** Throws a `UserError` where there is no such file. */
export function requireForm(target: FileTarget, format: Format): void {
  if (format !== "raw" || target === "qemu") return;
  throw new UserError(
    "usage",
    "a raw disk holds a virtual machine, and --target process makes a Linux process",
    "leave --target out, or build --format elf or oci",
  );
}

/** Writes an image's file, and beside it what crash reports need; its size. Throws a `UserError` where it cannot. */
export function writeImage(
  file: string,
  native: NativeImage,
  image: Image,
  target: FileTarget,
  form: Form,
): number {
  const bytes = imageFile(native, target, form);
  // A process image is run as it is; all else is only read.
  const isExecutable = target === "process" && form.format === "elf";
  writeOutput(file, bytes, isExecutable ? EXECUTABLE_MODE : FILE_MODE, image.inputs);
  writeOutput(
    `${file}${DEBUG_EXTENSION}`,
    debugFile(native.elf, native.linked, image),
    FILE_MODE,
    image.inputs,
  );
  return bytes.length;
}
