/** The report as Markdown: every table as it was measured, with its command. */
import { commandOf } from "./benchmarks.ts";
import type { Report, Section } from "./report.ts";
import { isOurs, textOf, type Table } from "./table.ts";

export function markdownOf({ host, sections }: Report): string {
  const facts = Object.entries(host).map(([name, value]) => `- ${name}: ${value}`);
  return [
    "# What Skerry's benchmarks measured",
    "Of one machine, and of nothing but this run: figures of one table are comparable, those of two reports are not.",
    facts.join("\n"),
    ...sections.map(sectionText),
    "",
  ].join("\n\n");
}

function sectionText({ benchmark, tables, problem }: Section): string {
  const { title, about } = benchmark;
  return [
    `## ${title}`,
    about,
    `\`${commandOf(benchmark)}\``,
    ...(problem === undefined ? [] : [`**Not whole:** ${problem}`]),
    ...tables.map(tableMarkdown),
  ].join("\n\n");
}

const escapeCell = (text: string): string => text.replaceAll("|", "\\|");

function tableMarkdown(table: Table): string {
  const { title, columns, rows, notes = [] } = table;
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(" | ")} |`;
  const body = rows.map((row) => {
    const name = isOurs(row) ? `**${row.name}**` : row.name;
    return line([name, ...columns.map((column, at) => textOf(row.cells[at], column))]);
  });
  const lines = [line(["", ...columns.map(({ head }) => head)]), line(["---", ...columns.map(() => "---:")])];
  const noted = notes.map((note) => `- ${note}`);
  return [
    `### ${title}`,
    [...lines, ...body].join("\n"),
    ...(noted.length > 0 ? [noted.join("\n")] : []),
  ].join("\n\n");
}
