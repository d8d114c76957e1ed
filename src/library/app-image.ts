/** The image of an ENTRY that is to be started: of an app, no mere library; or one that was built before. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { ENTRY_NAMES } from "../abi/services.ts";
import type { ImageFile } from "../build/image-file.ts";
import { buildImage, withGrants, type Image, type ImageWish } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";

/** Throws a `UserError` for a module that no kernel could do anything with: it calls no service and takes no call. */
export async function buildApp(entry: string, wish: ImageWish = {}): Promise<Image> {
  const image = withGrants(await buildImage(entry, wish), wish.outbound);
  if (image.manifest.face === "native" && !isApp(image)) {
    throw new UserError(
      "entry",
      `${entry} is no app: it exports none of a kernel's entries (start, httpRequest, ...), and needs --invoke NAME`,
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

const ELF_MAGIC = "\x7fELF";

/** The image that the file `entry` is; undefined where it is something else, that is to be built. */
export async function openImage(entry: string): Promise<ImageFile | undefined> {
  if (!beginsWith(entry, ELF_MAGIC)) return undefined;
  const { readImageFile } = await import("../build/image-file.ts");
  const image = readImageFile(entry, new Uint8Array(readFileSync(entry)));
  if (image !== undefined) return image;
  throw new UserError(
    "entry",
    `${entry} is an ELF file, but no image of Skerry's`,
    "make one: skerry build server.ts",
  );
}

function beginsWith(file: string, text: string): boolean {
  const bytes = Buffer.alloc(text.length);
  try {
    const descriptor = openSync(file, "r");
    try {
      readSync(descriptor, bytes);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
  return bytes.toString("latin1") === text;
}
