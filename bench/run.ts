/**
 * `npm run bench`: all benchmarks into one report, `report.md` and `report.html`, with the machine described.
 *
 * Takes about an hour; `--quick` a tenth of it. What there is so far is in the report after each benchmark.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { BENCHMARKS } from "./report/benchmarks.ts";
import { markdownOf } from "./report/markdown.ts";
import { pageOf } from "./report/page.ts";
import { measureAll } from "./report/report.ts";

const HELP = `npm run bench -- [options]

All benchmarks into one report, report.md and report.html. A single one, with its options: npm run bench:NAME

  -o, --output DIR     where the report goes (bench-report)
  --only NAME[,...]    some of: ${BENCHMARKS.map(({ name }) => name).join(", ")}
  --quick              few rounds: to see that all of it works
  -h, --help
`;

const { values } = parseArgs({
  options: {
    output: { type: "string", short: "o", default: "bench-report" },
    only: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit();
}

const names = values.only.split(",").filter(Boolean);
const unknown = names.filter((name) => !BENCHMARKS.some((one) => one.name === name));
if (unknown.length > 0) {
  const known = BENCHMARKS.map(({ name }) => name).join(", ");
  console.error(`--only: there is no benchmark ${unknown.join(", ")}; there are ${known}`);
  process.exit(2);
}
mkdirSync(values.output, { recursive: true });
const chosen = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
const files = [
  [path.join(values.output, "report.md"), markdownOf],
  [path.join(values.output, "report.html"), pageOf],
] as const;
const { sections } = await measureAll(chosen, {
  isQuick: values.quick,
  onReport: (report) => files.forEach(([file, write]) => writeFileSync(file, write(report))),
});
for (const [file] of files) console.log(`wrote ${file}`);
if (sections.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
