/**
 * What a person sees at a terminal, narrow and wide, and what a pipe gets: the command behind a terminal of the system's
 * (script(1) makes one).
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { allCommands } from "../../src/cli/main.ts";
import { nodeWords, ROOT } from "./skerry.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-terminal-"));
test.after(() => rmSync(folder, { recursive: true }));

const needs =
  spawnSync("script", ["--version"]).status === 0 ? {} : { skip: "needs script(1) of util-linux" };
const ESCAPE = "\x1b";
const STYLE = /\x1b\[\d+m/g;
const ERASE = "\r\x1b[2K";
/** No such variable of who runs the tests decides. */
const ENVIRONMENT: NodeJS.ProcessEnv = { ...process.env, TERM: "xterm", NO_COLOR: "" };
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

interface Seen {
  readonly status: number | null;
  readonly text: string;
}

/** All that a terminal of so many columns is sent, its line ends those of files. */
function atTerminal(columns: number, words: readonly string[], more: NodeJS.ProcessEnv = {}): Seen {
  const command = [...nodeWords("tools/skerry.ts"), ...words].map(quoted).join(" ");
  const made = spawnSync("script", ["-qec", `stty cols ${columns} rows 40; ${command}`, "/dev/null"], {
    cwd: ROOT,
    env: { ...ENVIRONMENT, ...more },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { status: made.status, text: made.stdout.replaceAll("\r\n", "\n") };
}

function inPipe(words: readonly string[]) {
  const [program, ...rest] = [...nodeWords("tools/skerry.ts"), ...words];
  return spawnSync(program!, rest, { cwd: ROOT, env: ENVIRONMENT, encoding: "utf8" });
}

/** What stays to be seen: no styles, and nothing that was written over. */
const plain = (text: string): string =>
  text.replaceAll(/\r\x1b\[2K[^\r]*(?=\r\x1b\[2K)|\r\x1b\[2K/g, "").replaceAll(STYLE, "");

const BUILD = ["build", "examples/console/main.ts", "-o", path.join(folder, "console.elf")];

test("help is as wide as its terminal, and no word of it is cut", needs, async () => {
  const commands = await allCommands();
  const words = new Set(inPipe(["build", "--help"]).stdout.split(/\s+/));
  for (const columns of [40, 80, 200]) {
    const { status, text } = atTerminal(columns, ["build", "--help"]);
    assert.equal(status, 0);
    const [described] = plain(text).split("\nexamples\n");
    for (const line of described!.split("\n")) {
      assert.ok(line.length <= Math.min(columns, 100), `${columns}: ${line}`);
    }
    for (const word of plain(text).split(/\s+/)) assert.ok(words.has(word), `${columns}: ${word}`);
    const general = plain(atTerminal(columns, ["--help"]).text);
    for (const { name } of commands) assert.match(general, new RegExp(`^ {2}${name} `, "m"));
    for (const line of general.split("\n")) assert.ok(line.length <= Math.min(columns, 100), line);
  }
});

test("a terminal shows what is being done on one line, and at the end what a pipe gets", needs, () => {
  const pipe = inPipe(BUILD);
  assert.equal(pipe.status, 0);
  const piped = pipe.stdout + pipe.stderr;
  assert.ok(!piped.includes(ESCAPE) && !piped.includes("\r"), JSON.stringify(piped));
  assert.doesNotMatch(piped, /building/);
  const withoutTime = (text: string): string => text.replace(/built in \d+ ms/, "built");
  for (const columns of [40, 80, 200]) {
    const { status, text } = atTerminal(columns, BUILD);
    assert.equal(status, 0);
    assert.ok(text.includes(`${ERASE}${ESCAPE}[2mbuilding examples`), JSON.stringify(text));
    for (const [, shown] of text.matchAll(/\r\x1b\[2K\x1b\[2m([^\x1b]*)/g)) {
      assert.ok(shown!.length < columns, `it would go on in the next line: ${shown}`);
    }
    assert.equal(withoutTime(plain(text)), withoutTime(piped));
  }
});

test(
  "a mistake is red at a terminal, and nowhere where NO_COLOR asks for none or TERM is dumb",
  needs,
  () => {
    const words = ["run", "nowhere.ts"];
    const said =
      "skerry: there is no file nowhere.ts\n  give the path of a .ts, .js or .wasm file, or of a built image\n";
    const coloured = atTerminal(80, words);
    assert.equal(coloured.status, 2);
    assert.ok(
      coloured.text.includes(`${ESCAPE}[31mskerry:${ESCAPE}[0m there is`),
      JSON.stringify(coloured.text),
    );
    const asked = atTerminal(80, words, { NO_COLOR: "1" });
    assert.doesNotMatch(asked.text, STYLE);
    assert.equal(plain(asked.text), said);
    assert.equal(atTerminal(80, words, { TERM: "dumb" }).text, said);
    assert.equal(inPipe(words).stderr, said);
  },
);

/** Each as its user might have it wrong, or have nothing to ask for. */
const WITH_JSON: readonly (readonly [words: readonly string[], status: number])[] = [
  [["init", "/dev/null/x"], 2],
  [["run", "nowhere.ts"], 2],
  [["dev", "nowhere.ts"], 2],
  [["build", "nowhere.ts", "-o", path.join(folder, "x")], 2],
  [["inspect", "nowhere.ts"], 2],
  [["compare", "nowhere.ts"], 2],
  [["ps"], 0],
  [["logs", "nobody"], 2],
  [["stop", "nobody"], 2],
  [["compile", "nowhere.wasm"], 2],
  [["inspect", "examples/console/main.ts"], 0],
  [BUILD, 0],
];

test("with --json every command prints objects, a line each, also where it fails, and nothing else", async () => {
  const names = new Set((await allCommands()).map(({ name }) => name));
  for (const [words, expected] of WITH_JSON) {
    const { status, stdout, stderr } = inPipe([...words, "--json"]);
    assert.equal(status, expected, `${words.join(" ")}: ${stdout}${stderr}`);
    assert.ok(!stdout.includes(ESCAPE));
    const lines = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    if (expected === 2) {
      assert.deepEqual(
        lines.map(({ event }) => event),
        ["error"],
        words.join(" "),
      );
      for (const key of ["code", "message"]) assert.equal(typeof lines[0]![key], "string", words.join(" "));
      // What is being done may stand there, as in any pipe.
      assert.doesNotMatch(stderr, /skerry:/, words.join(" "));
    }
    names.delete(words[0]!);
  }
  assert.deepEqual([...names], []);
});
