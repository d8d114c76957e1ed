/** The report of `npm run bench` as a page in a real browser: on a phone, between, and on a wide screen, light and dark. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { BENCHMARKS } from "../../bench/report/benchmarks.ts";
import { pageOf } from "../../bench/report/page.ts";
import type { Table } from "../../bench/report/table.ts";
import { Browser, findBrowser } from "./browser.ts";
import { complaints, look, LOOKS } from "./page-look.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-page-"));
test.after(() => rmSync(folder, { recursive: true }));
const skip = findBrowser() === undefined && "needs chromium";

const names = [
  "skerry process, TAP",
  "node:http",
  "skerry qemu, with a name that is longer than most",
  "nginx",
];
const heads = ["CPU us", "/node", "user", "kernel", "softirq", "answered/s", "p50 us", "p99 us", "failed"];
const rows = names.map((name, row) => ({
  name,
  cells: heads.map((_, column) => (column === 8 ? undefined : 10 ** (row + column / 2))),
}));
const columns = heads.map((head) => ({ head, digits: 2 }));
const notes = [
  "left out: a rival that is not installed here",
  "skerry and Linux: each over a device of its own",
];
const TABLES: readonly Table[] = [
  {
    title: "rows beside each other, and a title that says more than it has to",
    columns,
    rows,
    notes,
    chart: { columns: ["CPU us"], better: "less" },
  },
  {
    title: "columns beside each other",
    columns: [{ head: "Linux to Linux" }, { head: "Linux to Skerry" }],
    rows: rows.map((row) => ({ ...row, cells: row.cells.slice(4, 6) })),
    chart: { columns: ["Linux to Linux", "Linux to Skerry"], better: "more" },
  },
];

test(
  "the report fits every width, can be read in light and dark, and asks for nothing",
  { skip },
  async () => {
    const sections = BENCHMARKS.map((benchmark, number) => ({
      benchmark,
      tables: TABLES,
      ...(number === 1 ? { problem: "it ended with status 1: see what it said above" } : {}),
    }));
    const file = path.join(folder, "page.html");
    const host = {
      processor: "a processor whose name is as long as they are, at 3.10GHz",
      kernel: "Linux 6.1.0",
    };
    writeFileSync(file, pageOf({ host, sections }));
    const browser = await Browser.start(findBrowser()!);
    try {
      for (const how of LOOKS) {
        const where = `${how.width} px, ${how.scheme}`;
        const seen = await look(browser, file, how);
        assert.deepEqual(complaints(browser), [], where);
        assert.deepEqual(seen.wide, [], where);
        assert.deepEqual([seen.width, seen.viewport], [how.width, how.width], where);
        assert.equal(seen.background[0]! > 128, how.scheme === "light", where);
        assert.deepEqual(seen.faint, [], where);
        assert.deepEqual(
          seen.sections,
          BENCHMARKS.map((one) => one.title),
          where,
        );
        assert.equal(seen.scripts, 0);
      }
    } finally {
      await browser.stop();
    }
  },
);
