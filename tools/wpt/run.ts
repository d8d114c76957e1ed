/**
 * Runs a folder of the Web Platform Tests inside the engine: `npm run wpt -- DIR`.
 *
 *   --filter TEXT   only files whose path holds it; may be given several times
 *   --jobs N        so many threads
 *   --verbose       each file's time, each failed subtest
 *   --json FILE     counts by area, and every failed subtest
 *
 * Ends with status 1 where an area has less than 97 % of its subtests passed.
 */
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { compartmentParts } from "../../src/faces/js/compartment-parts.harness.ts";
import { planFiles, testName } from "./plan.ts";
import { runAll } from "./pool.ts";
import { Report, share } from "./report.ts";
import { prepareShell } from "./session.ts";

const GOAL_PERCENT = 97;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filter: { type: "string", multiple: true, default: [] },
    jobs: { type: "string", default: String(os.availableParallelism()) },
    verbose: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
if (positionals.length !== 1) {
  process.stderr.write("usage: npm run wpt -- DIR [--filter TEXT] [--jobs N] [--verbose] [--json FILE]\n");
  process.exit(2);
}

const root = path.resolve(positionals[0]!);
const tests = planFiles(root, values.filter);
const parts = await compartmentParts();
const shell = { parts, snapshot: await prepareShell(parts, root), root };
const report = new Report();
const failures: object[] = [];
await runAll(shell, tests, Number(values.jobs), (result) => {
  if (values.verbose) process.stdout.write(`${testName(result.test)}: ${result.ms.toFixed(0)} ms\n`);
  for (const { name, message } of report.add(result)) {
    const file = testName(result.test);
    failures.push({ file, name, message });
    if (values.verbose) process.stdout.write(`${file}\n    ${name}\n    ${message}\n`);
  }
});
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ areas: report.counts(), failures }, undefined, 1));
process.stdout.write(`${report.text()}\n`);
const { passed, failed, excluded } = report.total();
process.stdout.write(`${passed} passed, ${failed} failed, ${excluded} excluded\n`);
const isBelow = report.counts().some((count) => share(count) < GOAL_PERCENT);
process.exitCode = isBelow || passed === 0 ? 1 : 0;
