/** URLSearchParams (URL Standard, section 6.2) and application/x-www-form-urlencoded (section 5). */
import { limitLengths, nameClass, requireArguments } from "./globals.ts";
import { decode, encode } from "./host.ts";
import { definePairs } from "./pairs.ts";
import { toPairs } from "./sequences.ts";

export type SearchParamsInit = string | Iterable<readonly [string, string]> | Record<string, string>;

type Pair = [string, string];

// The bytes that `encodeURIComponent` keeps and the form encoding does not, and the space.
const KEPT_BY_COMPONENT = /[!'()~]|%20/g;
const FORM_ESCAPES: Readonly<Record<string, string>> = {
  "!": "%21",
  "'": "%27",
  "(": "%28",
  ")": "%29",
  "~": "%7E",
  "%20": "+",
};

function decodePart(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return decodeLoosely(spaced);
  }
}

/** Where percent escapes are broken or no UTF-8: what can be decoded is, the rest stays or is U+FFFD. */
function decodeLoosely(text: string): string {
  const bytes: number[] = [];
  const source = new Uint8Array(encode(text));
  for (let index = 0; index < source.length; index++) {
    const byte = source[index]!;
    const digits = byte === 0x25 ? String.fromCharCode(source[index + 1] ?? 0, source[index + 2] ?? 0) : "";
    if (/^[\da-f]{2}$/i.test(digits)) {
      bytes.push(Number.parseInt(digits, 16));
      index += 2;
    } else {
      bytes.push(byte);
    }
  }
  return decode(Uint8Array.from(bytes), false)!;
}

function encodePart(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(KEPT_BY_COMPONENT, (found) => FORM_ESCAPES[found]!);
}

export function parsePairs(text: string): Pair[] {
  const pairs: Pair[] = [];
  if (text === "") return pairs;
  const isPlain = !text.includes("%") && !text.includes("+");
  const parts = text.split("&");
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? "" : part.slice(equals + 1);
    pairs.push(isPlain ? [name, value] : [decodePart(name), decodePart(value)]);
  }
  return pairs;
}

function pairsOf(init: SearchParamsInit): Pair[] {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) {
    const text = String(init);
    return parsePairs(text.startsWith("?") ? text.slice(1) : text);
  }
  return toPairs(init, wellFormed, "URLSearchParams");
}

function wellFormed(value: unknown): string {
  return String(value).toWellFormed();
}

/** Makes `params` show a URL's query, and the URL learn of changes. */
export let bindToQuery: (params: URLSearchParams, query: string, onChange: (query: string) => void) => void;

export class URLSearchParams {
  #pairs: Pair[];
  /** Told of each change: the URL that these are the query of. */
  #onChange: ((query: string) => void) | undefined;

  constructor(init: SearchParamsInit = "") {
    this.#pairs =
      init instanceof URLSearchParams && init[Symbol.iterator] === iterateParams
        ? init.#pairs.map(([name, value]) => [name, value])
        : pairsOf(init);
  }

  static {
    bindToQuery = (params, query, onChange) => {
      params.#pairs = parsePairs(query);
      params.#onChange = onChange;
    };
    definePairs(URLSearchParams, "URLSearchParams", (params) => params.#pairs);
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    requireArguments(arguments, 2, "append");
    this.#pairs.push([wellFormed(name), wellFormed(value)]);
    this.#onChange?.(this.toString());
  }

  delete(name: string, value?: string): void {
    requireArguments(arguments, 1, "delete");
    this.#pairs = this.#pairs.filter((pair) => !matches(pair, name, value));
    this.#onChange?.(this.toString());
  }

  get(name: string): string | null {
    requireArguments(arguments, 1, "get");
    const key = String(name);
    const pairs = this.#pairs;
    for (let index = 0; index < pairs.length; index++) {
      if (pairs[index]![0] === key) return pairs[index]![1];
    }
    return null;
  }

  getAll(name: string): string[] {
    requireArguments(arguments, 1, "getAll");
    const key = String(name);
    return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }

  has(name: string, value?: string): boolean {
    requireArguments(arguments, 1, "has");
    const pairs = this.#pairs;
    for (let index = 0; index < pairs.length; index++) {
      if (matches(pairs[index]!, name, value)) return true;
    }
    return false;
  }

  set(name: string, value: string): void {
    requireArguments(arguments, 2, "set");
    const key = wellFormed(name);
    const first = this.#pairs.find((pair) => pair[0] === key);
    if (first === undefined) {
      this.#pairs.push([key, wellFormed(value)]);
    } else {
      first[1] = wellFormed(value);
      this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== key);
    }
    this.#onChange?.(this.toString());
  }

  sort(): void {
    this.#pairs.sort(([first], [second]) => (first < second ? -1 : first > second ? 1 : 0));
    this.#onChange?.(this.toString());
  }

  declare entries: () => IterableIterator<[string, string]>;
  declare keys: () => IterableIterator<string>;
  declare values: () => IterableIterator<string>;
  declare forEach: (
    callback: (value: string, name: string, params: URLSearchParams) => void,
    self?: unknown,
  ) => void;
  declare [Symbol.iterator]: () => IterableIterator<[string, string]>;

  toString(): string {
    return this.#pairs.map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`).join("&");
  }
}
nameClass(URLSearchParams, "URLSearchParams");
limitLengths([URLSearchParams.prototype.delete, URLSearchParams.prototype.has], 1);
/** An app may give these another iterator, which then says what is in them. */
const iterateParams = URLSearchParams.prototype[Symbol.iterator];

function matches(pair: Pair, name: string, value: string | undefined): boolean {
  return pair[0] === String(name) && (value === undefined || pair[1] === String(value));
}
