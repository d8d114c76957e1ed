/**
 * Runs every test of the repository: `npm test`, and with `--long` also what takes longer.
 *
 * Ends with `N passed, N failed, N skipped`. Other arguments choose test files by part of their path.
 */
import path from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { readdirSync } from "node:fs";

const ROOT = path.resolve(import.meta.dirname, "..");
const FOLDERS = ["src", "tests", "tools", "fuzz", "bench"];
/** Ends what hangs. A machine that others keep busy compiles for minutes, and that is no failure. */
const FILE_TIME_LIMIT_MS = 600_000;
const LONG_FILE_TIME_LIMIT_MS = 4_500_000;

function testFiles(chosen: readonly string[]): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts") && !name.includes("node_modules"))
      .map((name) => path.join(ROOT, folder, name)),
  );
  const isChosen = (file: string) => chosen.some((part) => path.relative(ROOT, file).includes(part));
  return files.filter((file) => chosen.length === 0 || isChosen(file)).sort();
}

const words = process.argv.slice(2);
const long = words.includes("--long");
if (long) process.env["SKERRY_LONG"] = "1";
const parts = words.filter((word) => word !== "--long");
// A run of everything takes a quarter of an hour: nobody is to start one by asking for help, or by a wrong path.
for (const part of parts) {
  if (part.startsWith("-")) refuse(`there is no option ${part}`);
  if (testFiles([part]).length === 0) refuse(`no test file has ${part} in its path`);
}
const files = testFiles(parts);
const counts = { passed: 0, failed: 0, skipped: 0 };

const stream = run({
  files,
  concurrency: 2,
  timeout: long ? LONG_FILE_TIME_LIMIT_MS : FILE_TIME_LIMIT_MS,
});
stream.on("test:pass", (event) => {
  if (event.details.type === "suite" || isFile(event.name)) return;
  if (event.skip !== undefined || event.todo !== undefined) counts.skipped++;
  else counts.passed++;
});
stream.on("test:fail", (event) => {
  if (event.details.type !== "suite") counts.failed++;
});
stream.compose(new spec()).pipe(process.stdout);
process.on("exit", () => {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
  const none = counts.passed === 0;
  if (counts.failed > 0 || none) process.exitCode = 1;
  if (process.env["CI"] === "true" && counts.skipped > 0) process.exitCode = 1;
});

function refuse(why: string): never {
  process.stderr.write(
    `${why}\nnpm test [-- [--long] [PART-OF-PATH...]]   for instance: npm test -- tidy kernel/net\n`,
  );
  process.exit(2);
}

/** Node reports each file as a test of its own, too. */
function isFile(name: string): boolean {
  return name.endsWith(".test.ts");
}
