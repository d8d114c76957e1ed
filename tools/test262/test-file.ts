/** A test of test262 (INTERPRETING.md there): its front matter, and the scripts that it is run as. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface TestFile {
  /** Relative to the folder of test262, with `/`. */
  readonly file: string;
  readonly source: string;
  readonly includes: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** The constructor of the error that it must end with. */
  readonly negative: string | undefined;
}

/** One way to run a test: its scripts in order, the test itself last. */
export interface Run {
  readonly file: string;
  readonly mode: "sloppy" | "strict";
  readonly scripts: readonly string[];
  readonly negative: string | undefined;
  readonly isAsync: boolean;
}

const FRONT_MATTER = /\/\*---([^]*?)---\*\//;

/** The value of a list, in brackets or with one item a line. */
function listOf(matter: string, key: string): string[] {
  const inline = new RegExp(`^\\s*${key}:\\s*\\[([^\\]]*)\\]`, "m").exec(matter)?.[1];
  if (inline !== undefined)
    return inline
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  const lines = new RegExp(`^${key}:\\s*\\n((?:\\s+-.*\\n?)+)`, "m").exec(matter)?.[1] ?? "";
  return [...lines.matchAll(/-\s*(\S+)/g)].map((found) => found[1]!);
}

export function parseTest(file: string, source: string): TestFile {
  const matter = FRONT_MATTER.exec(source)?.[1] ?? "";
  const negative = /^negative:\s*\n(?:\s+.*\n)*?\s+type:\s*(\w+)/m.exec(matter)?.[1];
  return {
    file,
    source,
    includes: listOf(matter, "includes"),
    flags: new Set(listOf(matter, "flags")),
    negative,
  };
}

export function findTests(root: string, filter: string): string[] {
  const folder = existsSync(path.join(root, "test")) ? "test" : ".";
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => path.posix.join(folder, file.split(path.sep).join("/")))
    .filter((file) => file.endsWith(".js") && !file.includes("_FIXTURE") && file.includes(filter))
    .sort();
}

/** Both modes, unless the flags say otherwise; modules are not run, for an image has one alone. */
export function runsOf(root: string, { file, source, includes, flags, negative }: TestFile): Run[] {
  if (flags.has("module")) return [];
  const isAsync = flags.has("async");
  const harness = (name: string) => readFileSync(path.join(root, "harness", name), "utf8");
  const names = ["assert.js", "sta.js", ...(isAsync ? ["doneprintHandle.js"] : []), ...includes];
  const before = flags.has("raw") ? [] : names.map(harness);
  const run = (mode: Run["mode"]): Run => {
    const text = mode === "strict" ? `"use strict";\n${source}` : source;
    return { file, mode, scripts: [...before, text], negative, isAsync };
  };
  if (flags.has("raw") || flags.has("noStrict")) return [run("sloppy")];
  return flags.has("onlyStrict") ? [run("strict")] : [run("sloppy"), run("strict")];
}
