/**
 * WebAssembly's specification tests by our compiler, or as a control of this runner on V8. Quiet where a file passes;
 * status 1: something failed.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { runFiles } from "./pool.ts";
import { addReport, emptyReport, type Report } from "./report.ts";
import type { Engine, FileAnswer } from "./run-file.ts";
import { reasonFor, type ProposalName } from "./unsupported.ts";
import { scriptWords } from "../script-words.ts";

const FAILURES_SHOWN = 5;

const words = scriptWords({
  name: "spec",
  takes: "PATH...",
  about: [
    "WebAssembly's specification tests, every .wast file below PATH, compiled by our compiler into Linux processes. Ends " +
      "with the count of assertions that passed and failed.",
  ],
  options: {
    engine: { value: "NAME", default: "native", help: "native, or v8 as a control of this runner" },
    filter: { value: "TEXT", default: "", help: "files whose path contains it" },
    jobs: { value: "N", default: "2", help: "files at a time" },
    verbose: { help: "every failure, and files that pass" },
  },
  examples: ["testsuite", "testsuite --filter simd_"],
});

function findScripts(from: string): string[] {
  if (!existsSync(from)) words.refuse(`there is no ${from}`);
  if (!statSync(from).isDirectory()) return [from];
  return readdirSync(from, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".wast") && name.includes(words.text("filter")))
    .map((name) => path.join(from, name));
}

function showReport(name: string, report: Report): void {
  const { failures, otherWords } = report;
  if (failures.length > 0) console.log(`${name}: ${report.passed} passed, ${failures.length} failed`);
  const shown = words.has("verbose") ? failures.length : FAILURES_SHOWN;
  for (const { line, message } of failures.slice(0, shown)) console.log(`  ${name}:${line}: ${message}`);
  if (failures.length > shown) console.log(`  and ${failures.length - shown} more`);
  if (!words.has("verbose")) return;
  if (failures.length === 0) console.log(`${name}: ${report.passed} passed`);
  for (const others of otherWords) console.log(`  ${name}:${others}`);
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
  if (words.has("verbose")) console.log(`${total.otherWords.length} modules were refused in other words`);
  console.log(`${total.passed} passed, ${total.failures.length} failed`);
}

const named = words.text("engine");
const engine =
  (["native", "v8"] as const).find((name) => name === named) ??
  words.refuse(`--engine is native or v8, not ${named}`);
if (words.positionals.length === 0) words.refuse("expected a PATH");
const scripts = words.positionals.flatMap(findScripts).sort();
if (scripts.length === 0) words.refuse(`there is no .wast file below ${words.positionals.join(", ")}`);

const total = emptyReport();
const report = (answer: FileAnswer): void => {
  const name = path.relative(process.cwd(), answer.file);
  const result =
    "report" in answer ? answer.report : { ...emptyReport(), failures: [{ line: 0, message: answer.crash }] };
  showReport(name.startsWith("..") ? path.basename(answer.file) : name, result);
  addReport(total, result);
};
await runFiles(scripts, engine satisfies Engine, Math.max(1, words.number("jobs") || 1), report);
showSummary(total);
if (total.failures.length > 0 || total.passed === 0) process.exitCode = 1;
