/** The image of an ENTRY that is to be started: an app, no mere library. */
import { ENTRY_NAMES } from "../abi/services.ts";
import { buildImage, type Image } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";

/** Throws a `UserError` for a module that no kernel could do anything with: it calls no service and takes no call. */
export async function buildApp(entry: string): Promise<Image> {
  const image = await buildImage(entry);
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
