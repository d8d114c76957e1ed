/** The same program gives the same bytes, whoever builds it, wherever and whenever. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { ROOT } from "../functional/skerry.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "skerry-test-"));
test.after(() => rmSync(FOLDER, { recursive: true }));

/** What surrounds a build: everything of it that a machine, a user or a moment decides. */
interface Surroundings {
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly umask: string;
  /** Of the sources, and how far the build's own clock is off. */
  readonly modified: Date;
  readonly clockMs: number;
}

const YEARS = 365 * 24 * 3600 * 1000;
const HERE: Surroundings = {
  folder: path.join(FOLDER, "one"),
  variables: { TZ: "UTC", LC_ALL: "C", LANG: "C", HOME: path.join(FOLDER, "one-home") },
  umask: "022",
  modified: new Date("2020-01-01T00:00:00Z"),
  clockMs: 0,
};
const ELSEWHERE: Surroundings = {
  folder: path.join(FOLDER, "another, of a longer name/deeper"),
  variables: {
    TZ: "Asia/Kathmandu",
    LC_ALL: "tr_TR.UTF-8",
    LANG: "tr_TR.UTF-8",
    HOME: path.join(FOLDER, "another-home"),
    SOURCE_DATE_EPOCH: "86400",
    USER: "somebody",
    COLUMNS: "33",
  },
  umask: "077",
  modified: new Date("2031-07-08T09:10:11Z"),
  clockMs: 7 * YEARS,
};

/** A clock that is off, for a process of Node's: what faketime does for others. */
function clockFile({ clockMs }: Surroundings): string {
  const file = path.join(FOLDER, `clock-${clockMs}.mjs`);
  writeFileSync(
    file,
    `const now = Date.now, Real = Date;
     globalThis.Date = class extends Real {
       constructor(...words) { if (words.length === 0) super(now() + ${clockMs}); else super(...words); }
       static now() { return now() + ${clockMs}; }
     };`,
  );
  return file;
}

function inside(surroundings: Surroundings, words: readonly string[]): string {
  const { folder, variables, umask } = surroundings;
  const environment = {
    ...process.env,
    ...variables,
    NODE_OPTIONS: `--import=${pathToFileURL(clockFile(surroundings)).href}`,
    SKERRY_CACHE: process.env["SKERRY_CACHE"] ?? path.join(process.env["HOME"] ?? "", ".cache/skerry"),
  };
  const shell = ["-c", `umask ${umask}; exec "$@"`, "sh", ...words];
  return execFileSync("sh", shell, {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  }).toString();
}

const PROGRAMS = ["hello/server.ts", "http-native/main.ts"];
const FORMATS = [
  ["qemu", "elf"],
  ["qemu", "raw"],
  ["qemu", "oci"],
  ["process", "elf"],
  ["process", "oci"],
] as const;

/** Runs there: every program in every format. */
const SCRIPT = `
  import { build } from ${JSON.stringify(pathToFileURL(path.join(ROOT, "src/index.ts")).href)};
  for (const program of ${JSON.stringify(PROGRAMS)}) {
    for (const [target, format] of ${JSON.stringify(FORMATS)}) {
      const image = await build(program, { format });
      await image.write(program.replace(/\\W/g, "-") + "-" + target + "." + format, target);
    }
  }`;

/** A hash for each file that is made there, the ones for crash reports included. `text`: in place of "hello". */
function build(surroundings: Surroundings, text = "hello"): ReadonlyMap<string, string> {
  const { folder, modified } = surroundings;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const program of PROGRAMS) {
    const file = path.join(folder, program);
    cpSync(path.join(ROOT, "examples", path.dirname(program)), path.dirname(file), { recursive: true });
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(?<=[`"])hello/g, text));
    utimesSync(file, modified, modified);
  }
  const loader = pathToFileURL(path.join(ROOT, "tools/typescript.mjs")).href;
  inside(surroundings, [process.execPath, "--import", loader, "--input-type=module", "-e", SCRIPT]);
  const made = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    made.map(({ name }) => {
      const bytes = readFileSync(path.join(folder, name));
      return [name, createHash("sha256").update(bytes).digest("hex")] as const;
    }),
  );
}

test("the two surroundings are different in all that they are said to be (the control)", () => {
  const script =
    "console.log(JSON.stringify([process.cwd(), new Date().getFullYear(), new Date(0).getHours(), process.umask(), " +
    "Intl.DateTimeFormat().resolvedOptions().locale, process.env.HOME]))";
  const seen = [HERE, ELSEWHERE].map((surroundings) => {
    mkdirSync(surroundings.folder, { recursive: true });
    return JSON.parse(inside(surroundings, [process.execPath, "-e", script])) as unknown[];
  });
  seen[0]!.forEach((value, index) => assert.notDeepEqual(value, seen[1]![index]));
});

test("every format of an image is the same everywhere; of another text it is another", () => {
  const here = build(HERE);
  assert.equal(here.size, PROGRAMS.length * FORMATS.length * 2, [...here.keys()].join(" "));
  assert.deepEqual(build(ELSEWHERE), here);
  for (const [name, hash] of build(HERE, "jello")) {
    assert.notEqual(hash, here.get(name), `${name}: the control`);
  }
});
