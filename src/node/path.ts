/**
 * node:path and node:path/posix (Node 20). A machine has no other kind of path; `path.win32` is not there.
 *
 * Tests:  path.test.ts, beside Node's own
 */
import { invalidType, requireString } from "./errors.ts";
import process from "./process.ts";

export const sep = "/";
export const delimiter = ":";

/** The parts without `.` and with `..` taken back; what leads above the start stays where that is allowed. */
function resolveParts(path: string, staysAbove: boolean): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (staysAbove) parts.push(part);
  }
  return parts.join("/");
}

export function normalize(path: string): string {
  requireString(path, "path");
  if (path === "") return ".";
  const isRooted = path.startsWith("/");
  const parts = resolveParts(path, !isRooted);
  if (parts === "") return isRooted ? "/" : path.endsWith("/") ? "./" : ".";
  return (isRooted ? "/" : "") + parts + (path.endsWith("/") ? "/" : "");
}

export function join(...paths: string[]): string {
  for (const one of paths) requireString(one, "path");
  const joined = paths.filter((one) => one !== "").join("/");
  return joined === "" ? "." : normalize(joined);
}

export function resolve(...paths: string[]): string {
  let whole = "";
  for (let index = paths.length - 1; index >= -1 && !whole.startsWith("/"); index--) {
    const one = index >= 0 ? paths[index]! : process.cwd();
    if (index >= 0) requireString(one, `paths[${index}]`);
    if (one !== "") whole = whole === "" ? one : `${one}/${whole}`;
  }
  return `/${resolveParts(whole, false)}`;
}

export function isAbsolute(path: string): boolean {
  requireString(path, "path");
  return path.startsWith("/");
}

export function relative(from: string, to: string): string {
  requireString(from, "from");
  requireString(to, "to");
  const [start, end] = [resolve(from), resolve(to)].map((one) =>
    one.split("/").filter((part) => part !== ""),
  );
  let common = 0;
  while (common < start!.length && start![common] === end![common]) common++;
  return [...start!.slice(common).map(() => ".."), ...end!.slice(common)].join("/");
}

export const toNamespacedPath = (path: string): string => path;

export function dirname(path: string): string {
  requireString(path, "path");
  if (path === "") return ".";
  const bare = path.replace(/\/+$/, "");
  if (bare === "") return "/";
  const at = bare.lastIndexOf("/");
  if (at < 0) return ".";
  // Two slashes at the start are kept where nothing stands between them.
  if (at === 1 && path.startsWith("//")) return "//";
  return path.slice(0, at) || "/";
}

export function basename(path: string, suffix?: string): string {
  if (suffix !== undefined) requireString(suffix, "suffix");
  requireString(path, "path");
  if (suffix !== undefined && suffix === path) return "";
  const bare = path.replace(/\/+$/, "");
  const base = bare.slice(bare.lastIndexOf("/") + 1);
  return suffix && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
}

export function extname(path: string): string {
  requireString(path, "path");
  const base = basename(path);
  const dot = base.lastIndexOf(".");
  return dot <= 0 || base === ".." ? "" : base.slice(dot);
}

export interface ParsedPath {
  root: string;
  dir: string;
  base: string;
  ext: string;
  name: string;
}

export function parse(path: string): ParsedPath {
  requireString(path, "path");
  const root = path.startsWith("/") ? "/" : "";
  const base = basename(path);
  const ext = extname(path);
  const bare = path.replace(/\/+$/, "");
  const at = bare.lastIndexOf("/");
  const dir = at > 0 ? path.slice(0, at) : root;
  return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
}

export function format(parts: Partial<ParsedPath>): string {
  if (parts === null || typeof parts !== "object") throw invalidType("pathObject", "Object", parts);
  const dir = parts.dir || parts.root;
  const ext = parts.ext ? (parts.ext.startsWith(".") ? parts.ext : `.${parts.ext}`) : "";
  const base = parts.base || `${parts.name ?? ""}${ext}`;
  if (!dir) return base;
  return dir === parts.root ? dir + base : `${dir}/${base}`;
}

export const win32 = null;

const path = {
  resolve,
  normalize,
  isAbsolute,
  join,
  relative,
  toNamespacedPath,
  dirname,
  basename,
  extname,
  format,
  parse,
  sep,
  delimiter,
  win32,
  posix: undefined as unknown,
};
path.posix = path;
export const posix = path;
export default path;
