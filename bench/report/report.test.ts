/** The report's forms: what a table holds is in the terminal, in Markdown and on the page, and markup in it is text. */
import test from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { markdownOf } from "./markdown.ts";
import { pageOf } from "./page.ts";
import type { Report } from "./report.ts";
import { publish, readTables, TABLES_VARIABLE, tableText, type Table } from "./table.ts";

const TABLE: Table = {
  title: "milliseconds & more",
  columns: [{ head: "wall ms", digits: 1 }, { head: "a|b" }],
  rows: [
    { name: "skerry <process>", cells: [2, "x|y"] },
    { name: "node", cells: [8, undefined] },
  ],
  chart: { columns: ["wall ms"], better: "less" },
  notes: ["left out: a rival"],
};

const REPORT: Report = {
  host: { processors: "2" },
  sections: [{ benchmark: BENCHMARKS[0]!, tables: [TABLE], problem: "it ended with status 1" }],
};

test("a terminal gets aligned columns, and a dash for what was not measured", () => {
  assert.deepEqual(tableText(TABLE).split("\n"), [
    "milliseconds & more",
    "                  wall ms  a|b",
    "skerry <process>      2.0  x|y",
    "node                  8.0    -",
    "left out: a rival",
  ]);
});

test("Markdown keeps what is no column's end apart from what is, and says what is not whole", () => {
  const text = markdownOf(REPORT);
  assert.ok(text.includes("| **skerry <process>** | 2.0 | x\\|y |\n| node | 8.0 | - |"), text);
  assert.ok(text.includes("**Not whole:** it ended with status 1"));
  assert.ok(text.includes("`npm run bench:boot`"));
});

test("the page draws bars to one scale, ours in colour, and escapes what it shows", () => {
  const page = pageOf(REPORT);
  const [ours, rival] = [...page.matchAll(/class="row( ours)?".*?width:([\d.]+)%/gs)];
  assert.equal(ours![1], " ours");
  assert.equal(rival![1], undefined);
  assert.ok(Math.abs(Number(rival![2]) / Number(ours![2]) - 4) < 0.01);
  assert.ok(page.includes("skerry &lt;process&gt;") && !page.includes("<process>"));
});

test("rivals in columns are drawn side by side, ours in colour, and large numbers can be read", () => {
  const table: Table = {
    title: "rates",
    columns: [{ head: "to Linux" }, { head: "to Skerry" }, { head: "ratio", digits: 2 }],
    rows: [{ name: "0 % lost", cells: [20_000, 1_234_567, 0.5] }],
    chart: { columns: ["to Linux", "to Skerry"], better: "more" },
  };
  const page = pageOf({ ...REPORT, sections: [{ benchmark: BENCHMARKS[0]!, tables: [table] }] });
  const [rival, ours, ...more] = [...page.matchAll(/class="track( ours)?"><i style="width:([\d.]+)%"/g)];
  assert.deepEqual([rival![1], ours![1], more.length], [undefined, " ours", 0]);
  assert.ok(Number(ours![2]) > Number(rival![2]));
  assert.ok(page.includes("1,234,567") && page.includes("20,000") && page.includes(">0.50<"));
});

test("what was not measured, or is no number, comes to the report as nothing", () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "skerry-tables-")), "tables");
  process.env[TABLES_VARIABLE] = file;
  try {
    publish({ ...TABLE, rows: [{ name: "node", cells: [NaN, undefined] }] });
    const [table] = readTables(readFileSync(file, "utf8"));
    assert.deepEqual(table!.rows[0]!.cells, [undefined, undefined]);
    const report = { ...REPORT, sections: [{ benchmark: BENCHMARKS[0]!, tables: [table!] }] };
    assert.ok(markdownOf(report).includes("| node | - | - |"));
    assert.ok(pageOf(report).includes("node"));
  } finally {
    delete process.env[TABLES_VARIABLE];
    rmSync(path.dirname(file), { recursive: true });
  }
});

test("each benchmark of the report has its script, and npm runs it by its name", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(PACKAGE_ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const { name } of BENCHMARKS) {
    const script = /bench\/\S+\.ts/.exec(scripts[`bench:${name}`] ?? "")?.[0];
    assert.ok(script !== undefined && existsSync(path.join(PACKAGE_ROOT, script)), name);
  }
});
