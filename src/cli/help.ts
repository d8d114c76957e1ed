/**
 * Help, made from the commands' tables, as wide as the terminal.
 *
 * Tests: command.test.ts
 */
import type { Command, Option } from "./command.ts";
import { columnsOf, styled, wrap, type Sink } from "./terminal.ts";

const MARGIN = "  ";
/** Options whose names are longer have their text below. */
const NAMES_LIMIT = 24;
/** Where a text beside the names would have no room, it is below each of them. */
const NARROW_COLUMNS = 60;
const NARROW_WIDTH = 8;

export function generalHelp(commands: readonly Command[], sink: Sink): string {
  const columns = columnsOf(sink);
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) =>
    entry(styled(sink, "bold", name), name.length, summary, width + 2, columns),
  );
  return [
    wrap("skerry turns a TypeScript program into a unikernel", columns),
    "",
    ...list,
    "",
    wrap(ENTRY_TEXT, columns),
    "",
    wrap("skerry COMMAND --help  options and examples", columns, "  "),
    "skerry --version",
    "",
  ].join("\n");
}

const ENTRY_TEXT =
  "ENTRY is a .ts or .js server (export default { fetch }) or program, an AssemblyScript app (it imports " +
  '"skerry/native/..."), a .wasm module, a built image, a folder with a skerry.config.ts, or a site: a folder with an ' +
  "index.html. Without ENTRY, the configuration in this folder names it.";

export function commandHelp({ name, call, usage, about, options, examples }: Command, sink: Sink): string {
  const columns = columnsOf(sink);
  const rows = Object.entries(options).filter(([, { isHidden }]) => isHidden !== true);
  const names = rows.map(([option, row]) => optionName(option, row));
  const widest = Math.max(0, ...names.map(({ length }) => length)) + 2;
  const width = Math.min(columns < NARROW_COLUMNS ? NARROW_WIDTH : NAMES_LIMIT, widest);
  const title = (text: string): string => styled(sink, "bold", text);
  return [
    ...usage.map((words) => wrap(`${call ?? `skerry ${name}`} ${words}`.trimEnd(), columns, MARGIN + MARGIN)),
    "",
    ...about.flatMap((paragraph) => [wrap(paragraph, columns), ""]),
    ...(rows.length === 0 ? [] : [title("options")]),
    ...rows.map(([, row], index) => entry(names[index]!, names[index]!.length, row.help, width, columns)),
    ...(rows.length === 0 ? [] : [""]),
    title("examples"),
    ...examples.map((example) => `${MARGIN}${example}`),
    "",
  ].join("\n");
}

/** As it is written: `-o, --output FILE`, the long form below the others. */
export function optionName(name: string, { short, value }: Option): string {
  const both = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return value === undefined ? both : `${both} ${value}`;
}

/** A name and its text beside it, or below it where there is no room. */
function entry(shown: string, length: number, text: string, width: number, columns: number): string {
  const indent = " ".repeat(MARGIN.length + width);
  const lines = wrap(text, columns - indent.length).split("\n");
  const isBeside = length + 2 <= width;
  const first = isBeside
    ? `${MARGIN}${shown}${" ".repeat(width - length)}${lines.shift()}`
    : `${MARGIN}${shown}`;
  return [first, ...lines.map((line) => indent + line)].join("\n");
}
