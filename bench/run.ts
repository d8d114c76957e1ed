/**
 * `npm run bench`: all benchmarks into one report, `report.md` and `report.html`, with the machine described.
 *
 *   -o, --output DIR     where the report goes (bench-report)
 *   --only NAME[,...]    of benchmarks
 *
 * Takes about half an hour. A single one, with its options: `npm run bench:NAME`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { BENCHMARKS } from "./report/benchmarks.ts";
import { markdownOf } from "./report/markdown.ts";
import { pageOf } from "./report/page.ts";
import { measureAll } from "./report/report.ts";

const { values } = parseArgs({
  options: {
    output: { type: "string", short: "o", default: "bench-report" },
    only: { type: "string", default: "" },
  },
});

const names = values.only.split(",").filter(Boolean);
const unknown = names.filter((name) => !BENCHMARKS.some((one) => one.name === name));
if (unknown.length > 0) {
  const known = BENCHMARKS.map(({ name }) => name).join(", ");
  console.error(`--only: there is no benchmark ${unknown.join(", ")}; there are ${known}`);
  process.exit(2);
}
mkdirSync(values.output, { recursive: true });
const report = await measureAll(BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name)));
for (const [name, text] of [
  ["report.md", markdownOf(report)],
  ["report.html", pageOf(report)],
] as const) {
  const file = path.join(values.output, name);
  writeFileSync(file, text);
  console.log(`wrote ${file}`);
}
if (report.sections.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
