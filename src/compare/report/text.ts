/** A comparison as text, for a terminal or a pipe. */
import {
  DESIGN_TOPICS,
  type ComparedKind,
  type Comparison,
  type Layer,
  type Measure,
} from "../comparison.ts";
import { TOPIC_WORDS } from "../design.ts";
import {
  answersTo,
  codeText,
  doorText,
  FIGURES,
  gapsOf,
  generatedText,
  HEADS,
  hostText,
  requestText,
  shownDoors,
} from "../words.ts";

export interface TextOptions {
  readonly columns: number;
  /** Puts emphasis on a title. */
  readonly title: (text: string) => string;
  /** What is said in a lower voice. */
  readonly aside: (text: string) => string;
}

const LABEL_COLUMNS = 23;
const CELL_COLUMNS = 11;
const NONE = "–";

export function textReport(comparison: Comparison, options: TextOptions): string {
  const { columns, title } = options;
  const { name, kinds, linuxApp } = comparison;
  const served =
    linuxApp.servedBy === undefined ? `not on Node: ${linuxApp.why}` : `on Node: ${linuxApp.servedBy}`;
  const section = (heading: string, lines: readonly string[]): string[] => [
    "",
    ...fill("", heading, columns).map(title),
    ...lines,
  ];
  const ways = kinds.length === 1 ? "one way" : `${kinds.length} ways`;
  return [
    ...fill("", `${name}: the same app, ${ways} to run it`, columns).map(title),
    ...fill("  ", requestText(comparison), columns),
    ...fill("  ", served, columns),
    ...fill("  ", hostText(comparison), columns),
    ...section("what was measured", [...figureLines(kinds, options), ...cautionLines(kinds, options)]),
    ...section("what stands on what", kinds.flatMap((kind) => stackLines(kind, options)).slice(0, -1)),
    ...section(
      "what an attacker inside the app can do by design, with no further bug",
      designLines(kinds, options),
    ),
    ...section(
      "what was started",
      kinds
        .filter(({ isMeasured }) => isMeasured)
        .flatMap(({ title: whose, how }) => fill(`  ${whose}: `, how, columns, "    ")),
    ),
    ...gapSection(comparison, options),
    "",
  ].join("\n");
}

/** As many kinds beside each other as there is room for. */
function figureLines(kinds: readonly ComparedKind[], { columns, title }: TextOptions): string[] {
  const fitting = Math.max(1, Math.floor((columns - LABEL_COLUMNS) / CELL_COLUMNS));
  const tables = Math.ceil(kinds.length / fitting);
  const each = Math.ceil(kinds.length / tables);
  return Array.from({ length: tables }, (_, index) => {
    const some = kinds.slice(index * each, (index + 1) * each);
    const row = (label: string, cells: readonly string[]): string =>
      `  ${label}`.padEnd(LABEL_COLUMNS) + cells.map((cell) => cell.padStart(CELL_COLUMNS)).join("");
    const heads = ([0, 1] as const).map((line) =>
      title(
        row(
          "",
          some.map(
            ({ name, caution }) => HEADS[name][line] + (line === 1 && caution !== undefined ? "*" : ""),
          ),
        ),
      ),
    );
    const rows = FIGURES.map(({ label, of, show }) => ({
      label,
      cells: some.map((kind) => cell(of(kind), show)),
    }))
      .filter(({ cells }) => cells.some((text) => text !== ""))
      .map(({ label, cells }) => row(label, cells).trimEnd());
    return [...(index === 0 ? [] : [""]), ...heads.filter((line) => line.trim() !== ""), ...rows];
  }).flat();
}

function cautionLines(kinds: readonly ComparedKind[], { columns }: TextOptions): string[] {
  return kinds.flatMap(({ title, caution }) =>
    caution === undefined ? [] : ["", ...fill("  ", `* ${title}: ${caution}`, columns, "    ")],
  );
}

function cell(measure: Measure | undefined, show: (value: number) => string): string {
  if (measure === undefined) return "";
  return measure.value === null ? NONE : show(measure.value);
}

function stackLines({ title: kindTitle, layers, isMeasured }: ComparedKind, options: TextOptions): string[] {
  const { aside } = options;
  const head = isMeasured ? kindTitle : `${kindTitle} ${aside("(not measured)")}`;
  return [`  ${head}`, ...layers.flatMap((layer) => layerLines(layer, isMeasured, options)), ""];
}

function layerLines(layer: Layer, isMeasured: boolean, { columns, aside }: TextOptions): string[] {
  const { name, mode, isShared } = layer;
  const doors = shownDoors(layer);
  const facts = [
    ...(isMeasured ? [codeText(layer)] : []),
    ...(isMeasured ? [generatedText(layer)] : []),
    mode,
    isShared ? "shared with all else on the host" : undefined,
  ].filter((text) => text !== undefined);
  const ways = isMeasured ? doors.map(doorText) : doors.map(({ what }) => what);
  return [
    ...fill(`    ${name}  `, facts.join(" · "), columns, "      "),
    ...ways.flatMap((text) => fill("      ↓ ", text, columns, "        ").map((line) => aside(line))),
  ];
}

function designLines(kinds: readonly ComparedKind[], { columns, title, aside }: TextOptions): string[] {
  return DESIGN_TOPICS.flatMap((topic) => [
    `  ${title(TOPIC_WORDS[topic])}`,
    ...answersTo(topic, kinds).flatMap(({ kinds: whose, answer, source }) => [
      ...fill("    ", `${whose.map((kind) => kind.title).join("; ")}: ${answer}`, columns, "      "),
      ...fill("      ", source, columns, "      ").map((line) => aside(line)),
    ]),
  ]);
}

function gapSection(comparison: Comparison, { columns, title }: TextOptions): string[] {
  const gaps = gapsOf(comparison);
  if (gaps.length === 0) return [];
  const lines = gaps.flatMap(({ where, why, see }) =>
    fill("  ", `${where}: ${why}${see === undefined ? "" : ` (see ${see})`}`, columns, "    "),
  );
  return ["", title("what was not measured, and why"), ...lines];
}

/** Lines of at most `columns`, the later ones begun by `indent`. */
function fill(begin: string, text: string, columns: number, indent = " ".repeat(begin.length)): string[] {
  const lines: string[] = [];
  let line = begin;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + word;
    } else line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
