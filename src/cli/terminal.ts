/**
 * What a terminal can do, and a stream that is none cannot: colours, a line that is written over, a width.
 *
 * Tests: command.test.ts, tests/functional/terminal.test.ts
 */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

const DEFAULT_COLUMNS = 80;
/** Longer lines are hard to read. */
const MOST_COLUMNS = 100;
const LEAST_COLUMNS = 40;

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof STYLES;

/** Styled text, where the stream shows styles and nobody asked for none (no-color.org). */
export function styled(sink: Sink, style: Style, text: string): string {
  const isPlain =
    sink.isTTY !== true || (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb";
  return isPlain ? text : `\x1b[${STYLES[style]}m${text}\x1b[0m`;
}

/** Columns that text for this stream may take. */
export function columnsOf(sink: Sink): number {
  return Math.max(LEAST_COLUMNS, Math.min(sink.columns || DEFAULT_COLUMNS, MOST_COLUMNS));
}

/** One line at the terminal's end that says what is being done; nothing elsewhere. */
export class StatusLine {
  readonly #sink: Sink;
  #isShown = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  show(text: string): void {
    if (this.#sink.isTTY !== true || process.env["TERM"] === "dumb") return;
    if (text === "") return this.clear();
    // A terminal without a width says 0.
    const columns = this.#sink.columns || DEFAULT_COLUMNS;
    const fitting = text.length < columns ? text : `${text.slice(0, columns - 2)}…`;
    this.#sink.write(`\r\x1b[2K${styled(this.#sink, "dim", fitting)}`);
    this.#isShown = true;
  }

  /** Before anything else is written. */
  clear(): void {
    if (this.#isShown) this.#sink.write("\r\x1b[2K");
    this.#isShown = false;
  }
}

/** `text` in lines of at most `columns`, each after the first begun by `indent`. Words that are longer stay whole. */
export function wrap(text: string, columns: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const isFull = line !== "" && line.length + 1 + word.length > columns;
    if (isFull) lines.push(line);
    line = isFull ? `${indent}${word}` : line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
