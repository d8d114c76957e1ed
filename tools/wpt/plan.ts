/** What there is to run in a folder of the Web Platform Tests: its `.any.js` files, by their META comments. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { areaOf } from "./tables/areas.ts";

/** One page that a browser would open: a file, with one of its variants. */
export interface TestFile {
  readonly area: string;
  /** Relative to the folder of the tests, with `/`. */
  readonly file: string;
  /** `?query`, or nothing. */
  readonly variant: string;
  /** Absolute paths inside the tests' folder, in the order in which they run; the last is the file. */
  readonly scripts: readonly string[];
}

export const testName = ({ file, variant }: TestFile): string => file + variant;

const META = /^\/\/\s*META:\s*([\w-]+)=(.*)$/;
/** Kinds of global object, as `global=` names them, that a file must name one of. */
const OUR_GLOBALS = new Set(["worker", "dedicatedworker", "jsshell"]);

/** The files whose name holds one of `filters`; all of them where there is none. */
export function planFiles(root: string, filters: readonly string[]): TestFile[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => file.endsWith(".any.js") && areaOf(file) !== undefined)
    .sort()
    .flatMap((file) => variantsOf(root, file))
    .filter((test) => filters.length === 0 || filters.some((part) => testName(test).includes(part)));
}

function variantsOf(root: string, file: string): TestFile[] {
  const scripts: string[] = [];
  const variants: string[] = [];
  let globals = ["worker"];
  for (const line of readFileSync(path.join(root, file), "utf8").split("\n")) {
    const found = META.exec(line.trim());
    // META comments stand at the head of a file.
    if (found === null && !/^\s*(\/\/.*)?$/.test(line)) break;
    if (found?.[1] === "script") scripts.push(resolveScript(file, found[2]!.trim()));
    if (found?.[1] === "variant") variants.push(found[2]!.trim());
    if (found?.[1] === "global") globals = found[2]!.split(",").map((name) => name.trim());
  }
  if (!globals.some((name) => OUR_GLOBALS.has(name))) return [];
  const area = areaOf(file)!;
  return (variants.length === 0 ? [""] : variants).map((variant) => {
    return { area, file, variant, scripts: [...scripts, `/${file}`] };
  });
}

function resolveScript(file: string, script: string): string {
  return script.startsWith("/") ? script : path.posix.join("/", path.posix.dirname(file), script);
}
