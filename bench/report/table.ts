/**
 * A benchmark's table: printed for who runs it alone, and kept for the report where one is made.
 *
 * Every benchmark publishes its figures through this file, so that a terminal, Markdown and charts show the same.
 */
import { appendFileSync } from "node:fs";

export interface Column {
  readonly head: string;
  /** Behind the point, of numbers. */
  readonly digits?: number;
}

/** Undefined is what was not measured. */
export type Cell = number | string | undefined;

/** Ours have names that begin with "skerry". */
export interface TableRow {
  readonly name: string;
  readonly cells: readonly Cell[];
}

export interface Chart {
  /** Heads of the columns that are drawn: several are rivals, side by side in each row. */
  readonly columns: readonly string[];
  readonly better: "less" | "more";
}

export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
  readonly chart?: Chart;
  /** What a reader must know to read it right. */
  readonly notes?: readonly string[];
}

/** Names a file that gets each table as a line of JSON. */
export const TABLES_VARIABLE = "SKERRY_BENCH_TABLES";

const NONE = "-";
const OURS = "skerry";
const GAP = 2;

export function textOf(cell: Cell, { digits = 0 }: Column): string {
  if (typeof cell === "string") return cell;
  return cell === undefined || Number.isNaN(cell) ? NONE : grouped(cell.toFixed(digits));
}

/** Thousands apart where there are ten of them. */
const grouped = (text: string): string =>
  /^-?\d{5}/.test(text) ? text.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",") : text;

export const isOurs = ({ name }: TableRow): boolean => name.startsWith(OURS);
export const isOurColumn = ({ head }: Column): boolean => new RegExp(`\\b${OURS}\\b`, "i").test(head);

export function publish(table: Table): void {
  console.log(`\n${tableText(table)}`);
  const file = process.env[TABLES_VARIABLE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(table)}\n`);
}

/** The tables of a file that `publish` wrote. JSON has one word for all that is no value. */
export function readTables(text: string): Table[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const table = JSON.parse(line) as Table;
      const rows = table.rows.map((row) => ({ ...row, cells: row.cells.map((cell) => cell ?? undefined) }));
      return { ...table, rows };
    });
}

/** Aligned: names to the left, figures to the right. */
export function tableText({ title, columns, rows, notes = [] }: Table): string {
  const lines = [
    ["", ...columns.map(({ head }) => head)],
    ...rows.map(({ name, cells }) => [name, ...columns.map((column, at) => textOf(cells[at], column))]),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at + 1]!.length)) + GAP);
  const nameWidth = Math.max(...lines.map(([name]) => name!.length));
  const aligned = lines.map(
    ([name, ...cells]) =>
      name!.padEnd(nameWidth) + cells.map((cell, at) => cell.padStart(widths[at]!)).join(""),
  );
  return [title, ...aligned, ...notes].join("\n");
}
