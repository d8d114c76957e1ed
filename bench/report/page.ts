/** The report as one page: charts of what the tables hold, the tables below them; no script, no request, light and dark. */
import { documentOf } from "../../src/audit/report/document.ts";
import { element, type Content, type Markup } from "../../src/audit/report/markup.ts";
import { commandOf } from "./benchmarks.ts";
import type { Report, Section } from "./report.ts";
import { isOurColumn, isOurs, textOf, type Column, type Table, type TableRow } from "./table.ts";

const CHART_STYLE = `
.bars { display: grid; gap: 7px; margin: 16px 0 20px; }
.bars .row { display: grid; grid-template-columns: minmax(150px, 26ch) 1fr; gap: 4px 16px; align-items: center; }
.bars .row > span { font-size: 14px; color: var(--soft); } .bars .ours > span { color: var(--ink); font-weight: 600; }
.bars .track { display: flex; align-items: center; gap: 9px; font-size: 13px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars .track i { height: 18px; min-width: 2px; border-radius: 3px; background: var(--padding); }
.bars .ours i { background: var(--kernel); } .bars .ours b { color: var(--ink); }
.bars .group { align-items: start; } .bars .group i { height: 12px; } .bars .track small { color: var(--soft); overflow: hidden; text-overflow: ellipsis; }
.note code { white-space: nowrap; } .scroll + .note { margin-top: 12px; } .scroll td:first-child { min-width: 16ch; }
h3 { color: var(--ink); font-size: 15px; margin: 26px 0 2px; }
.problem { border-left: 3px solid var(--keel); padding-left: 10px; font-weight: 600; }
@media (max-width: 620px) { .bars .row { grid-template-columns: minmax(0, 1fr); gap: 1px; } }
`;
/** Of the track's width, for the longest bar: the rest is for its figure. */
const LONGEST_PERCENT = 70;

export function pageOf({ host, sections }: Report): string {
  return documentOf({
    title: "What Skerry's benchmarks measured",
    style: CHART_STYLE,
    main: [header(host), sections.map(section)],
  });
}

function header(host: Report["host"]): Markup {
  const facts = Object.entries(host).map(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value),
  ]);
  return element(
    "header",
    {},
    element("h1", {}, "What the benchmarks measured"),
    element(
      "p",
      { class: "lead" },
      "Of one machine, and of nothing but this run: figures of one table are comparable, those of two reports are not. Skerry's are in colour.",
    ),
    element("div", { class: "card", style: "margin-top:24px" }, element("dl", {}, facts)),
  );
}

function section({ benchmark, tables, problem }: Section): Markup {
  return element(
    "section",
    {},
    element("h2", {}, benchmark.title),
    element("p", { class: "note" }, benchmark.about, " ", element("code", {}, commandOf(benchmark))),
    problem === undefined ? undefined : element("p", { class: "problem" }, `Not whole: ${problem}`),
    tables.map((table) => [
      element("h3", {}, table.title),
      drawBars(table),
      drawTable(table),
      (table.notes ?? []).map((note) => element("p", { class: "note" }, note)),
    ]),
  );
}

/** To one scale from zero; rows without a figure are in the table only. */
function drawBars({ rows, columns, chart }: Table): Content {
  if (chart === undefined) return undefined;
  const chosen = columns.flatMap((column, at) =>
    chart.columns.includes(column.head) ? [{ column, at }] : [],
  );
  const drawn = rows.flatMap((row) => {
    const bars = chosen.flatMap(({ column, at }): Bar[] => {
      const value = row.cells[at];
      return typeof value === "number" ? [{ column, value }] : [];
    });
    return bars.length > 0 ? [{ row, bars }] : [];
  });
  if (drawn.length === 0) return undefined;
  const most = Math.max(...drawn.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const isGrouped = chosen.length > 1;
  const caption = `${isGrouped ? chart.columns.join(", ") : chosen[0]!.column.head}: ${chart.better} is better`;
  return [
    element("p", { class: "note" }, caption),
    element(
      "div",
      { class: "bars" },
      drawn.map(({ row, bars }) => drawRow(row, bars, most, isGrouped)),
    ),
  ];
}

interface Bar {
  readonly column: Column;
  readonly value: number;
}

/** One bar is the row's; of several, each is named by its column. */
function drawRow(row: TableRow, bars: readonly Bar[], most: number, isGrouped: boolean): Markup {
  const tracks = bars.map(({ column, value }) =>
    element(
      "div",
      { class: isGrouped && isOurColumn(column) ? "track ours" : "track" },
      element("i", { style: `width:${((Math.max(value, 0) / most) * LONGEST_PERCENT).toFixed(2)}%` }),
      element("b", {}, textOf(value, column)),
      isGrouped ? element("small", {}, column.head) : undefined,
    ),
  );
  const kinds = ["row", ...(isOurs(row) ? ["ours"] : []), ...(isGrouped ? ["group"] : [])];
  return element(
    "div",
    { class: kinds.join(" ") },
    element("span", {}, row.name),
    element("div", {}, tracks),
  );
}

function drawTable({ rows, columns }: Table): Markup {
  const head = element(
    "tr",
    {},
    element("th", {}),
    columns.map((column) => element("th", { class: "number" }, column.head)),
  );
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      element("td", {}, isOurs(row) ? element("b", {}, row.name) : row.name),
      columns.map((column, at) => element("td", { class: "number" }, textOf(row.cells[at], column))),
    ),
  );
  return element("div", { class: "scroll" }, element("table", {}, head, body));
}
