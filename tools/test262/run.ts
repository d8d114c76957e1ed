/**
 * Runs test262 in the engine as an image has it and in the engine's package alone. Ends with status 1 where the two do
 * not pass the same.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { compartmentParts } from "../../src/faces/js/compartment-parts.harness.ts";
import { bareEngine, imageEngine } from "./engine.ts";
import { execute } from "./execute.ts";
import { findTests, parseTest, runsOf } from "./test-file.ts";
import { scriptWords } from "../script-words.ts";

const words = scriptWords({
  name: "test262",
  takes: "DIR",
  about: [
    "Runs the tests of test262 in DIR with an image's engine and with the same engine alone: both should pass the same ones.",
  ],
  options: {
    filter: { value: "TEXT", default: "", help: "files whose path contains it" },
    verbose: { help: "say why each that fails does" },
  },
  examples: ["test262/test --filter built-ins/Map"],
});
if (words.positionals.length !== 1) words.refuse("expected one DIR");

const root = path.resolve(words.positionals[0]!);
const parts = await compartmentParts();
const inImage = await imageEngine(parts);
const alone = bareEngine(parts);
const counts = { passed: 0, failed: 0, different: 0, modules: 0 };
for (const file of findTests(root, words.text("filter"))) {
  const runs = runsOf(root, parseTest(file, readFileSync(path.join(root, file), "utf8")));
  if (runs.length === 0) counts.modules++;
  for (const run of runs) {
    const [here, there] = [execute(inImage, run), execute(alone, run)];
    if (here === undefined) counts.passed++;
    else counts.failed++;
    if (words.has("verbose") && here !== undefined) process.stdout.write(`${file} (${run.mode}): ${here}\n`);
    if ((here === undefined) === (there === undefined)) continue;
    counts.different++;
    process.stdout.write(
      `${file} (${run.mode}) differs: in an image ${here ?? "it passes"}; alone ${there ?? "it passes"}\n`,
    );
  }
}
const { passed, failed, different, modules } = counts;
process.stdout.write(`${modules} files are modules, which are not run\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${different} different outside an image\n`);
process.exitCode = different > 0 || passed === 0 ? 1 : 0;
