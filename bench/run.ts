/**
 * `npm run bench`: all benchmarks into one report, `report.md` and `report.html`, with the machine described.
 *
 * Takes about an hour; `--quick` a tenth of it. What there is so far is in the report after each benchmark.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { BENCHMARKS } from "./report/benchmarks.ts";
import { markdownOf } from "./report/markdown.ts";
import { pageOf } from "./report/page.ts";
import { measureAll } from "./report/report.ts";
import { scriptWords } from "../tools/script-words.ts";

const words = scriptWords({
  name: "bench",
  about: [
    "Runs all benchmarks and writes one report, report.md and report.html. To run a single one, with its options: npm run bench:NAME",
  ],
  options: {
    output: { value: "DIR", short: "o", default: "bench-report", help: "where the report goes" },
    only: {
      value: "NAME,...",
      default: "",
      help: `some of: ${BENCHMARKS.map(({ name }) => name).join(", ")}`,
    },
    quick: { help: "few rounds, for a first look" },
  },
  examples: ["", "--quick --only bulk"],
});
const output = words.text("output");
const names = words.text("only").split(",").filter(Boolean);
const unknown = names.filter((name) => !BENCHMARKS.some((one) => one.name === name));
if (unknown.length > 0) {
  const known = BENCHMARKS.map(({ name }) => name).join(", ");
  words.refuse(`--only: there is no benchmark ${unknown.join(", ")}; there are ${known}`);
}
mkdirSync(output, { recursive: true });
const chosen = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
const files = [
  [path.join(output, "report.md"), markdownOf],
  [path.join(output, "report.html"), pageOf],
] as const;
const { sections } = await measureAll(chosen, {
  isQuick: words.has("quick"),
  onReport: (report) => files.forEach(([file, write]) => writeFileSync(file, write(report))),
});
for (const [file] of files) console.log(`wrote ${file}`);
if (sections.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
