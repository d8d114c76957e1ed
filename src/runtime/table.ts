/** `console.table`: rows and columns of text, drawn with lines. */
import { inspect } from "./inspect.ts";

const INDEX_TITLE = "(index)";
const VALUES_TITLE = "Values";

/** Undefined where the data has no rows. */
export function table(data: unknown, wanted?: readonly string[]): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const entries = data instanceof Map || data instanceof Set ? [...data.entries()] : Object.entries(data);
  const columns = new Set<string>(wanted ?? []);
  let hasValues = false;
  const rows = entries.map(([index, row]) => {
    const cells = new Map<string, string>([[INDEX_TITLE, String(index)]]);
    if (typeof row === "object" && row !== null) {
      for (const [name, value] of Object.entries(row as object)) {
        if (wanted === undefined) columns.add(name);
        cells.set(name, inspect(value));
      }
    } else {
      hasValues = true;
      cells.set(VALUES_TITLE, inspect(row));
    }
    return cells;
  });
  return draw([INDEX_TITLE, ...columns, ...(hasValues ? [VALUES_TITLE] : [])], rows);
}

function draw(titles: readonly string[], rows: readonly ReadonlyMap<string, string>[]): string {
  const widths = titles.map((title) =>
    Math.max(title.length, ...rows.map((row) => row.get(title)?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `│ ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(" │ ")} │`;
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
  return [
    rule("┌", "┬", "┐"),
    line(titles),
    rule("├", "┼", "┤"),
    ...rows.map((row) => line(titles.map((title) => row.get(title) ?? ""))),
    rule("└", "┴", "┘"),
  ].join("\n");
}
