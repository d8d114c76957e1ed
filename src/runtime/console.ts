/** The console (Console Standard): text to the kernel's output and error streams. */
import { framesOf } from "./engine-errors.ts";
import { monotonic, writeConsole } from "./host.ts";
import { defineGlobal } from "./globals.ts";
import { appFrames, display, inspect } from "./inspect.ts";
import { table } from "./table.ts";

let indent = "";
const counts = new Map<string, number>();
const timersMs = new Map<string, number>();

function print(stream: 1 | 2, values: unknown[]): void {
  printText(stream, format(values));
}

function printText(stream: 1 | 2, text: string): void {
  writeConsole(stream, indent === "" ? `${text}\n` : `${indent}${text.replaceAll("\n", `\n${indent}`)}\n`);
}

const DIRECTIVES: Readonly<Record<string, (value: unknown) => string>> = {
  s: (value) => (typeof value === "object" && value !== null ? inspect(value) : String(value)),
  d: (value) => (typeof value === "object" ? "NaN" : String(Number(value))),
  i: (value) => (typeof value === "object" ? "NaN" : String(Number.parseInt(String(value), 10))),
  f: (value) => (typeof value === "symbol" ? "NaN" : String(Number.parseFloat(String(value)))),
  j: (value) => JSON.stringify(value) ?? "undefined",
  o: inspect,
  O: inspect,
  c: () => "",
};

/** `%s` and its like in a first string take the following values. */
export function format(values: readonly unknown[]): string {
  const [first, ...rest] = values;
  if (typeof first !== "string") return values.map(display).join(" ");
  if (rest.length === 0) return first;
  const text = first.replace(/%([sdifjoOc%])/g, (whole, letter: string) => {
    if (letter === "%") return "%";
    return rest.length === 0 ? whole : DIRECTIVES[letter]!(rest.shift());
  });
  return [text, ...rest.map(display)].join(" ");
}

function label(value: unknown): string {
  return value === undefined ? "default" : String(value);
}

function elapsed(name: string): string {
  const startedAt = timersMs.get(name);
  if (startedAt === undefined) return `${name}: there is no such timer`;
  const ms = monotonic() - startedAt;
  return `${name}: ${ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${ms.toFixed(3)}ms`}`;
}

export const console = {
  log: (...values: unknown[]) => print(1, values),
  info: (...values: unknown[]) => print(1, values),
  debug: (...values: unknown[]) => print(1, values),
  warn: (...values: unknown[]) => print(2, values),
  error: (...values: unknown[]) => print(2, values),
  dir: (value: unknown) => printText(1, inspect(value)),
  dirxml: (...values: unknown[]) => print(1, values),
  trace: (...values: unknown[]) =>
    printText(2, `Trace: ${format(values)}\n${appFrames(framesOf(new Error()))}`.trimEnd()),
  assert(holds: unknown, ...values: unknown[]) {
    if (!holds) print(2, values.length === 0 ? ["Assertion failed"] : ["Assertion failed:", ...values]);
  },
  table: (data: unknown, columns?: string[]) => printText(1, table(data, columns) ?? display(data)),
  group(...values: unknown[]) {
    if (values.length > 0) print(1, values);
    indent += "  ";
  },
  groupCollapsed: (...values: unknown[]) => console.group(...values),
  groupEnd() {
    indent = indent.slice(2);
  },
  count(name?: unknown) {
    const key = label(name);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    printText(1, `${key}: ${count}`);
  },
  countReset: (name?: unknown) => void counts.delete(label(name)),
  time: (name?: unknown) => void timersMs.set(label(name), monotonic()),
  timeLog: (name?: unknown, ...values: unknown[]) => print(1, [elapsed(label(name)), ...values]),
  timeEnd(name?: unknown) {
    printText(1, elapsed(label(name)));
    timersMs.delete(label(name));
  },
  clear() {},
};

export function defineConsole(): void {
  defineGlobal("console", console);
}
