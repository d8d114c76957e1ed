/**
 * A list of header fields as one text, `name: value\r\n` each, which is how they travel: to copy a list costs nothing, and
 * to send it neither. Names are in lower case. No value holds a line's end, so what stands behind one is a name.
 *
 * The values of a name are joined by ", " on one line, except those of `set-cookie`, which keep a line each (RFC 6265, 3).
 */

export const COOKIE = "set-cookie";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** How many spellings of names are remembered: enough for any app's own, bounded for hostile ones. */
const KNOWN_LIMIT = 512;

export interface FieldName {
  readonly text: string;
  /** How a line of this name begins, and how one that is not the first. */
  readonly start: string;
  readonly later: string;
}

const knownNames = new Map<string, FieldName>();

/** Throws TypeError for what is no name. */
export function fieldName(given: unknown): FieldName {
  const known = knownNames.get(given as string);
  if (known !== undefined) return known;
  const spelt = String(given);
  if (!TOKEN.test(spelt)) throw new TypeError(`Header name ${JSON.stringify(spelt)} is not a valid token`);
  const text = spelt.toLowerCase();
  const name = { text, start: `${text}: `, later: `\n${text}: ` };
  if (knownNames.size < KNOWN_LIMIT) knownNames.set(spelt, name);
  return name;
}

/** Where the name's first line is from `from`, which is where a line begins; -1: nowhere. */
function lineAt(lines: string, name: FieldName, from = 0): number {
  if (lines.startsWith(name.start, from)) return from;
  return lines.indexOf(name.later, from) + 1 || -1;
}

function lineEnd(lines: string, from: number): number {
  return lines.indexOf("\r\n", from);
}

export function hasField(lines: string, name: FieldName): boolean {
  return lines.startsWith(name.start) || lines.includes(name.later);
}

export function valueOf(lines: string, name: FieldName): string | undefined {
  if (name.text === COOKIE) return hasField(lines, name) ? valuesOf(lines, name).join(", ") : undefined;
  const at = lineAt(lines, name);
  if (at < 0) return undefined;
  const start = at + name.start.length;
  return lines.slice(start, lineEnd(lines, start));
}

/** The value of each line of this name. */
export function valuesOf(lines: string, name: FieldName): string[] {
  const values: string[] = [];
  for (let at = lineAt(lines, name); at >= 0;) {
    const stop = lineEnd(lines, at);
    values.push(lines.slice(at + name.start.length, stop));
    at = lineAt(lines, name, stop + 2);
  }
  return values;
}

export function withoutField(lines: string, name: FieldName): string {
  let left = lines;
  for (let at = lineAt(left, name); at >= 0; at = lineAt(left, name, at))
    left = left.slice(0, at) + left.slice(lineEnd(left, at) + 2);
  return left;
}

/** One value in the place of all there were. */
export function withField(lines: string, name: FieldName, value: string): string {
  const at = lines === "" ? -1 : lineAt(lines, name);
  if (at < 0) return lines + name.start + value + "\r\n";
  const rest = lines.slice(lineEnd(lines, at));
  return lines.slice(0, at) + name.start + value + (name.text === COOKIE ? withoutField(rest, name) : rest);
}

export function withAppended(lines: string, name: FieldName, value: string): string {
  if (lines === "" || name.text === COOKIE) return lines + name.start + value + "\r\n";
  const before = valueOf(lines, name);
  return withField(lines, name, before === undefined ? value : `${before}, ${value}`);
}

/** Lines as they came, of which several may be of one name, as such a list. */
export function joinedLines(lines: string): string {
  const pairs = pairsIn(lines);
  if (new Set(pairs.map(([name]) => name)).size === pairs.length) return lines;
  let joined = "";
  for (const [name, value] of pairs) joined = withAppended(joined, fieldName(name), value);
  return joined;
}

type Pair = readonly [name: string, value: string];

let sortedLines = "";
let sortedPairs: readonly Pair[] = [];

/** In the order in which Headers are iterated. An iterator asks at each step: the last answer is remembered. */
export function sortedFields(lines: string): readonly Pair[] {
  if (lines === sortedLines) return sortedPairs;
  const pairs = pairsIn(lines);
  pairs.sort(([first], [second]) => (first < second ? -1 : first > second ? 1 : 0));
  sortedLines = lines;
  return (sortedPairs = pairs);
}

function pairsIn(lines: string): Pair[] {
  const pairs: Pair[] = [];
  let start = 0;
  for (let stop = lineEnd(lines, 0); stop >= 0; stop = lineEnd(lines, start)) {
    const colon = lines.indexOf(": ", start);
    pairs.push([lines.slice(start, colon), lines.slice(colon + 2, stop)]);
    start = stop + 2;
  }
  return pairs;
}
