/** The image of an ENTRY that is to be started: of an app, no mere library; or one that was built before. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { ENTRY_NAMES } from "../abi/services.ts";
import type { ImageFile } from "../build/image-file.ts";
import { formatOf, type Format } from "../image/image-bytes.ts";
import { buildImage, withGrants, type Image, type ImageWish } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";

/** Throws a `UserError` for a module that no kernel could do anything with: it calls no service and takes no call. */
export async function buildApp(entry: string, wish: ImageWish = {}): Promise<Image> {
  const image = withGrants(await buildImage(entry, wish), wish.outbound);
  if (image.manifest.face === "native" && !isApp(image)) {
    throw new UserError(
      "entry",
      `${entry} is not an app: it exports none of the kernel's entries (start, httpRequest, ...), and needs --invoke NAME`,
      `for instance: skerry run ${entry} --invoke add 2 3`,
    );
  }
  return image;
}

function isApp({ app }: Image): boolean {
  const module = new WebAssembly.Module(app as BufferSource);
  const callsServices = WebAssembly.Module.imports(module).some((item) => item.module !== "env");
  return callsServices || WebAssembly.Module.exports(module).some(({ name }) => ENTRY_NAMES.includes(name));
}

/** What is read of a file to tell what it is. */
const HEAD_BYTES = 1024;

/** The image that the file `entry` is, in whatever format; undefined where it is something else, to be built. */
export async function openImage(entry: string): Promise<ImageFile | undefined> {
  const format = formatOf(readHead(entry));
  if (format === undefined) return undefined;
  const { readImageFile } = await import("../build/image-file.ts");
  const image = readImageFile(entry, new Uint8Array(readFileSync(entry)));
  if (image !== undefined) return image;
  throw new UserError(
    "entry",
    `${entry} is ${FORMAT_WORDS[format]}, but not a Skerry image`,
    "make one: skerry build server.ts",
  );
}

const ELF_MAGIC = "\x7fELF";

/** Whether it looks like an image, broken ones included: nothing that could be built begins so. */
export function isImageFile(entry: string): boolean {
  const head = readHead(entry);
  return formatOf(head) !== undefined || Buffer.from(head).toString("latin1").startsWith(ELF_MAGIC);
}

const FORMAT_WORDS: Readonly<Record<Format, string>> = {
  elf: "an ELF file",
  raw: "a disk",
  oci: "a tar archive",
};

/** Empty for what cannot be read. */
function readHead(file: string): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  try {
    const descriptor = openSync(file, "r");
    try {
      return bytes.subarray(0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return bytes.subarray(0, 0);
  }
}
