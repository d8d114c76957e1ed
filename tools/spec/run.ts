/**
 * `npm run spec -- PATH... [--engine native|v8] [--filter TEXT] [--jobs N] [--verbose]`
 *
 * Runs WebAssembly's specification tests, every `.wast` file below PATH, compiled by our compiler into Linux
 * processes (or, as a control of this runner, on V8). Quiet where a file passes; ends with `N passed, N failed`,
 * which counts assertions, and what should have worked but did not. Status 1: something failed.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { runFiles } from "./pool.ts";
import { addReport, emptyReport, type Report } from "./report.ts";
import type { Engine, FileAnswer } from "./run-file.ts";
import { reasonFor, type ProposalName } from "./unsupported.ts";

const FAILURES_SHOWN = 5;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "native" },
    filter: { type: "string", default: "" },
    jobs: { type: "string", default: "2" },
    verbose: { type: "boolean", default: false },
  },
});

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function findScripts(from: string): string[] {
  if (!existsSync(from)) fail(`there is no ${from}`);
  if (!statSync(from).isDirectory()) return [from];
  return readdirSync(from, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".wast") && name.includes(options.filter))
    .map((name) => path.join(from, name));
}

function showReport(name: string, report: Report): void {
  const { failures, otherWords } = report;
  if (failures.length > 0) console.log(`${name}: ${report.passed} passed, ${failures.length} failed`);
  const shown = options.verbose ? failures.length : FAILURES_SHOWN;
  for (const { line, message } of failures.slice(0, shown)) console.log(`  ${name}:${line}: ${message}`);
  if (failures.length > shown) console.log(`  and ${failures.length - shown} more`);
  if (!options.verbose) return;
  if (failures.length === 0) console.log(`${name}: ${report.passed} passed`);
  for (const words of otherWords) console.log(`  ${name}:${words}`);
}

function showSummary(total: Report): void {
  const unsupported = Object.entries(total.unsupported) as [ProposalName, number][];
  if (unsupported.length > 0) console.log("needs what is not supported, neither passed nor failed:");
  for (const [name, count] of unsupported.sort(([, left], [, right]) => right - left)) {
    console.log(`${String(count).padStart(7)}  ${name}: ${reasonFor(name)}`);
  }
  if (total.text > 0) {
    console.log(`${String(total.text).padStart(7)}  checks of the text format, which is not ours to read`);
  }
  if (options.verbose) console.log(`${total.otherWords.length} modules were refused in other words`);
  console.log(`${total.passed} passed, ${total.failures.length} failed`);
}

const { engine } = options;
if (engine !== "native" && engine !== "v8") fail(`--engine is native or v8, not ${engine}`);
if (positionals.length === 0) fail("which folder? npm run spec -- DIR");
const scripts = positionals.flatMap(findScripts).sort();
if (scripts.length === 0) fail(`there is no .wast file below ${positionals.join(", ")}`);

const total = emptyReport();
const report = (answer: FileAnswer): void => {
  const name = path.relative(process.cwd(), answer.file);
  const result =
    "report" in answer ? answer.report : { ...emptyReport(), failures: [{ line: 0, message: answer.crash }] };
  showReport(name.startsWith("..") ? path.basename(answer.file) : name, result);
  addReport(total, result);
};
await runFiles(scripts, engine satisfies Engine, Math.max(1, Number(options.jobs) || 1), report);
showSummary(total);
if (total.failures.length > 0 || total.passed === 0) process.exitCode = 1;
