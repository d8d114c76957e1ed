/**
 * Which address of a site leads to which of its files: made before there is a request, so that the machine only looks up.
 *
 *                        auto-trailing-slash                      files
 *   about.html           /about; /about.html, /about/ lead there  /about.html
 *   blog/index.html      /blog/; /blog, /blog/index(.html) do     /blog/; /blog leads there; /blog/index.html
 *   404.html             beside its address, the answer to all that is not found in its folder
 */
import { AssetKind } from "../../abi/assets.ts";

export type HtmlHandling = "auto-trailing-slash" | "files";
export type NotFoundHandling = "404-page" | "single-page-application";

export interface Address {
  readonly kind: AssetKind;
  readonly path: string;
  readonly to: Content | Redirect;
}

interface Content {
  readonly status: 200 | 404;
  /** The path of a file; undefined: there is none, and a word has to do. */
  readonly file: string | undefined;
}

interface Redirect {
  readonly status: 307;
  readonly location: string;
}

const INDEX = "index.html";
const NOT_FOUND = "404.html";

/** Each address once: a file at its own beats what is made up. */
export function addressesOf(
  files: readonly string[],
  html: HtmlHandling,
  notFound: NotFoundHandling,
): readonly Address[] {
  const found = new Map<string, Address>();
  const add = (kind: AssetKind, path: string, to: Address["to"]): void => {
    const key = `${kind} ${path}`;
    if (!found.has(key)) found.set(key, { kind, path, to });
  };
  const isClean = html === "auto-trailing-slash";
  const isMoved = (file: string): boolean => isClean && file.endsWith(".html");
  for (const file of files) if (!isMoved(file)) add(AssetKind.Path, file, { status: 200, file });
  for (const file of files) {
    const to: Content = { status: 200, file };
    if (baseOf(file) === INDEX) add(AssetKind.Path, folderOf(file), to);
    else if (isMoved(file)) add(AssetKind.Path, file.slice(0, -".html".length), to);
  }
  for (const file of files) {
    const [home, others] = redirectsOf(file, isClean);
    for (const path of others) add(AssetKind.Path, path, { status: 307, location: home });
  }
  for (const file of files) {
    if (baseOf(file) === NOT_FOUND && notFound === "404-page") {
      add(AssetKind.NotFound, folderOf(file), { status: 404, file });
    }
  }
  const hasApplication = notFound === "single-page-application" && files.includes(`/${INDEX}`);
  if (hasApplication) add(AssetKind.NotFound, "/", { status: 200, file: `/${INDEX}` });
  add(AssetKind.NotFound, "/", { status: 404, file: undefined });
  return [...found.values()];
}

/** What leads to a page's own address. */
function redirectsOf(file: string, isClean: boolean): readonly [home: string, others: readonly string[]] {
  const folder = folderOf(file);
  const isIndex = baseOf(file) === INDEX;
  if (!isIndex && (!isClean || !file.endsWith(".html"))) return ["", []];
  const bare = file.slice(0, -".html".length);
  const home = isIndex ? folder : bare;
  const beside = isIndex ? (folder === "/" ? [] : [folder.slice(0, -1)]) : [`${bare}/`];
  return [encodePath(home), isClean ? [...beside, file, ...(isIndex ? [bare] : [])] : isIndex ? beside : []];
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** A path as a URL has it. One that began with two slashes would name another host; no file's does. */
function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
