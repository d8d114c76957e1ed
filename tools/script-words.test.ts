/** Every script with options tells them, and what is wrong with one in a line. */
import test from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..");
const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** Scripts whose file reads its words here. */
const TELLING = Object.entries(scripts).flatMap(([name, line]) => {
  const words = line.replace(/ --(handler|rate|rounds) .*$/, "").split(" ");
  const file = words.at(-1)!;
  const isOurs = file.endsWith(".ts") && readFileSync(path.join(ROOT, file), "utf8").includes("scriptWords(");
  return isOurs ? [{ name, words: words.slice(1) }] : [];
});

const run = (words: readonly string[], ...more: string[]) =>
  spawnSync(process.execPath, [...words, ...more], { cwd: ROOT, encoding: "utf8", timeout: 60_000 });

test("each tells its options", () => {
  assert.ok(TELLING.length >= 12, `${TELLING.length} scripts`);
  for (const { name, words } of TELLING) {
    const help = run(words, "--help");
    assert.equal(help.status, 0, `${name}: ${help.stderr}`);
    assert.match(
      help.stdout,
      /^npm run [a-z0-9:]+ -- .*\[options\]\n[^]*options\n[^]*--help[^]*examples\n/,
      name,
    );
  }
});

test("an option, a number and a word that are none are named", () => {
  const bulk = TELLING.find(({ name }) => name === "bench:bulk")!.words;
  const wrong = run(bulk, "--round", "3");
  assert.equal(wrong.status, 2);
  assert.equal(
    wrong.stderr,
    "skerry: npm run bench:bulk -- has no option --round\n  did you mean --rounds? see npm run bench:bulk -- --help\n",
  );
  assert.match(run(bulk, "--rounds", "many").stderr, /--rounds many: expected a number/);
  assert.match(run(bulk, "process").stderr, /takes no "process"/);
  assert.match(run(bulk, "--help").stdout, /--rounds N +transfers of each, in turns \(default 5\)/);
});
