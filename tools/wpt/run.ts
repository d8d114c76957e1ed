/**
 * Runs a folder of the Web Platform Tests inside the engine. Ends with status 1 where an area has less than 97 % of its
 * subtests passed.
 */
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { compartmentParts } from "../../src/faces/js/compartment-parts.harness.ts";
import { planFiles, testName } from "./plan.ts";
import { runAll } from "./pool.ts";
import { Report, share } from "./report.ts";
import { prepareShell } from "./session.ts";
import { scriptWords } from "../script-words.ts";

const GOAL_PERCENT = 97;

const words = scriptWords({
  name: "wpt",
  takes: "DIR",
  about: [
    "The Web Platform Tests in DIR that concern us, in an image's runtime: passed, failed and excluded, by area.",
  ],
  options: {
    filter: { value: "TEXT", repeats: true, help: "files whose path contains one of these" },
    jobs: { value: "N", default: String(os.availableParallelism()), help: "files at a time" },
    json: { value: "FILE", help: "counts and failures, as JSON" },
    verbose: { help: "say why each that fails does, and how long files take" },
  },
  examples: ["wpt", "wpt --filter url/ --verbose"],
});
if (words.positionals.length !== 1) words.refuse("expected one DIR");

const root = path.resolve(words.positionals[0]!);
const tests = planFiles(root, words.all("filter"));
const parts = await compartmentParts();
const shell = { parts, snapshot: await prepareShell(parts, root), root };
const report = new Report();
const failures: object[] = [];
await runAll(shell, tests, words.number("jobs"), (result) => {
  if (words.has("verbose")) process.stdout.write(`${testName(result.test)}: ${result.ms.toFixed(0)} ms\n`);
  for (const { name, message } of report.add(result)) {
    const file = testName(result.test);
    failures.push({ file, name, message });
    if (words.has("verbose")) process.stdout.write(`${file}\n    ${name}\n    ${message}\n`);
  }
});
const json = words.find("json");
if (json !== undefined)
  writeFileSync(json, JSON.stringify({ areas: report.counts(), failures }, undefined, 1));
process.stdout.write(`${report.text()}\n`);
const { passed, failed, excluded } = report.total();
process.stdout.write(`${passed} passed, ${failed} failed, ${excluded} excluded\n`);
const isBelow = report.counts().some((count) => share(count) < GOAL_PERCENT);
process.exitCode = isBelow || passed === 0 ? 1 : 0;
