/**
 * Headers (Fetch Standard, section 2.2 and 5.1).
 *
 * Names are kept in lower case, which is how they are compared, iterated and sent. The values of one name are
 * one string joined by ", ", except for `set-cookie`, whose values stay apart (RFC 6265, 3). A server may set any
 * header: the names that a browser keeps for itself are not refused.
 *
 * Tests:  src/faces/js/fetch.test.ts
 */
import { nameClass, requireArguments } from "./globals.ts";
import { isSafelisted, SAFELISTED_NAMES } from "./no-cors.ts";
import { definePairs } from "./pairs.ts";
import { toByteString, toPairs } from "./sequences.ts";

export type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>;

const COOKIE = "set-cookie";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NOT_A_VALUE = /[\0\r\n]|[^\0-\xff]/;
const PADDED = /^[\t\n\r ]|[\t\n\r ]$/;
/** How many names and short values are remembered as valid: enough for any app's own, bounded for hostile ones. */
const KNOWN_LIMIT = 512;
const KNOWN_VALUE_LENGTH = 64;

const knownNames = new Map<string, string>();
const knownValues = new Set<string>();

function normalName(name: unknown): string {
  const text = String(name);
  const known = knownNames.get(text);
  if (known !== undefined) return known;
  if (!TOKEN.test(text)) throw new TypeError(`Header name ${JSON.stringify(text)} is not a valid token`);
  const lower = text.toLowerCase();
  if (knownNames.size < KNOWN_LIMIT) knownNames.set(text, lower);
  return lower;
}

function normalValue(name: string, value: unknown): string {
  let text = String(value);
  if (knownValues.has(text)) return text;
  if (PADDED.test(text)) text = text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (NOT_A_VALUE.test(text))
    throw new TypeError(`Value of header "${name}" has a character that cannot be sent`);
  if (knownValues.size < KNOWN_LIMIT && text.length <= KNOWN_VALUE_LENGTH) knownValues.add(text);
  return text;
}

/** Whether and how headers may change. */
export type Guard = "none" | "immutable" | "no-cors";

/** From `name: value\r\n` lines that the kernel has checked. */
export let headersFromLines: (lines: string) => Headers;
/** As `name: value\r\n` lines. */
export let headersToLines: (headers: Headers) => string;
export let guardHeaders: (headers: Headers, guard: Guard) => Headers;

export class Headers {
  #values = new Map<string, string>();
  #cookies: string[] | undefined;
  #guard: Guard = "none";
  /** What iterators go through, made when the first one does. */
  #sorted: readonly (readonly [string, string])[] | undefined;

  constructor(init?: HeadersInit) {
    if (init === undefined) return;
    if ((typeof init !== "object" && typeof init !== "function") || init === null)
      throw new TypeError("Headers expects an object or pairs");
    if (#values in init && init[Symbol.iterator] === iterateHeaders) this.#copy(init);
    else for (const [name, value] of toPairs(init, toByteString, "Headers")) this.append(name, value);
  }

  static {
    headersFromLines = (lines) => Headers.#fromLines(lines);
    headersToLines = (headers) => Headers.#toLines(headers);
    guardHeaders = (headers, guard) => {
      headers.#guard = guard;
      return headers;
    };
    definePairs(Headers, "Headers", (headers) => headers.#pairs());
  }

  declare entries: () => IterableIterator<[string, string]>;
  declare keys: () => IterableIterator<string>;
  declare values: () => IterableIterator<string>;
  declare forEach: (
    callback: (value: string, name: string, headers: Headers) => void,
    self?: unknown,
  ) => void;
  declare [Symbol.iterator]: () => IterableIterator<[string, string]>;

  static #fromLines(lines: string): Headers {
    const headers = new Headers();
    let start = 0;
    for (let stop = lines.indexOf("\r\n"); stop >= 0; stop = lines.indexOf("\r\n", start)) {
      const colon = lines.indexOf(": ", start);
      headers.#add(lines.slice(start, colon), lines.slice(colon + 2, stop));
      start = stop + 2;
    }
    return headers;
  }

  static #toLines(headers: Headers): string {
    let lines = "";
    for (const [name, value] of headers.#values) lines += `${name}: ${value}\r\n`;
    for (const cookie of headers.#cookies ?? []) lines += `${COOKIE}: ${cookie}\r\n`;
    return lines;
  }

  #copy(other: Headers): void {
    this.#values = new Map(other.#values);
    this.#cookies = other.#cookies?.slice();
  }

  #add(name: string, value: string): void {
    if (name === COOKIE) {
      (this.#cookies ??= []).push(value);
      return;
    }
    const before = this.#values.get(name);
    this.#values.set(name, before === undefined ? value : `${before}, ${value}`);
  }

  /** Whether a change may be made; one that is not refused but has no effect is false. */
  #mayChange(name: string, value: string | undefined): boolean {
    if (this.#guard === "immutable") throw new TypeError("These headers cannot be changed");
    this.#sorted = undefined;
    if (this.#guard === "none") return true;
    return value === undefined ? SAFELISTED_NAMES.has(name) : isSafelisted(name, value);
  }

  append(name: string, value: string): void {
    requireArguments(arguments, 2, "append");
    const key = normalName(name);
    const text = normalValue(key, value);
    const before = this.#values.get(key);
    if (this.#mayChange(key, before === undefined ? text : `${before}, ${text}`)) this.#add(key, text);
  }

  set(name: string, value: string): void {
    requireArguments(arguments, 2, "set");
    const key = normalName(name);
    const text = normalValue(key, value);
    if (!this.#mayChange(key, text)) return;
    if (key === COOKIE) this.#cookies = [text];
    else this.#values.set(key, text);
  }

  delete(name: string): void {
    requireArguments(arguments, 1, "delete");
    const key = normalName(name);
    if (!this.#mayChange(key, undefined)) return;
    if (key === COOKIE) this.#cookies = undefined;
    else this.#values.delete(key);
  }

  get(name: string): string | null {
    requireArguments(arguments, 1, "get");
    const key = normalName(name);
    if (key === COOKIE) return this.#cookies?.join(", ") ?? null;
    return this.#values.get(key) ?? null;
  }

  has(name: string): boolean {
    requireArguments(arguments, 1, "has");
    const key = normalName(name);
    return key === COOKIE ? this.#cookies !== undefined : this.#values.has(key);
  }

  getSetCookie(): string[] {
    return this.#cookies?.slice() ?? [];
  }

  #pairs(): readonly (readonly [string, string])[] {
    if (this.#sorted !== undefined) return this.#sorted;
    const pairs = [...this.#values, ...(this.#cookies ?? []).map((cookie) => [COOKIE, cookie] as const)];
    pairs.sort(([first], [second]) => (first < second ? -1 : first > second ? 1 : 0));
    return (this.#sorted = pairs);
  }
}
nameClass(Headers, "Headers");
/** An app may give a Headers another iterator, which then says what is in it. */
const iterateHeaders = Headers.prototype[Symbol.iterator];
