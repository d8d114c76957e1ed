/**
 * Headers (Fetch Standard, section 2.2 and 5.1).
 *
 * Names are kept in lower case, which is how they are compared, iterated and sent. The values of one name are
 * one string joined by ", ", except for `set-cookie`, whose values stay apart (RFC 6265, 3).
 *
 * Tests:  src/faces/js/fetch.test.ts
 */
import { nameClass } from "./globals.ts";

export type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>;

const COOKIE = "set-cookie";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NOT_A_VALUE = /[\0\r\n]|[^\0-\xff]/;
const PADDED = /^[\t ]|[\t ]$/;
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
  if (PADDED.test(text)) text = text.replace(/^[\t ]+|[\t ]+$/g, "");
  if (NOT_A_VALUE.test(text))
    throw new TypeError(`Value of header "${name}" has a character that cannot be sent`);
  if (knownValues.size < KNOWN_LIMIT && text.length <= KNOWN_VALUE_LENGTH) knownValues.add(text);
  return text;
}

/** From `name: value\r\n` lines that the kernel has checked. */
export let headersFromLines: (lines: string) => Headers;
/** As `name: value\r\n` lines. */
export let headersToLines: (headers: Headers) => string;

export class Headers {
  #values = new Map<string, string>();
  #cookies: string[] | undefined;

  constructor(init?: HeadersInit) {
    if (init === undefined || init === null) return;
    if (typeof init !== "object") throw new TypeError("Headers expects an object or pairs");
    if (init instanceof Headers) this.#copy(init);
    else if (Symbol.iterator in init) this.#fillFromPairs(init);
    else for (const name of Object.keys(init)) this.append(name, init[name]!);
  }

  static {
    headersFromLines = (lines) => Headers.#fromLines(lines);
    headersToLines = (headers) => Headers.#toLines(headers);
  }

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

  #fillFromPairs(pairs: Iterable<readonly [string, string]>): void {
    for (const pair of pairs) {
      const [name, value, ...rest] = pair as Iterable<string>;
      if (name === undefined || value === undefined || rest.length > 0) {
        throw new TypeError("Headers expects pairs of a name and a value");
      }
      this.append(name, value);
    }
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

  append(name: string, value: string): void {
    const key = normalName(name);
    this.#add(key, normalValue(key, value));
  }

  set(name: string, value: string): void {
    const key = normalName(name);
    const text = normalValue(key, value);
    if (key === COOKIE) this.#cookies = [text];
    else this.#values.set(key, text);
  }

  delete(name: string): void {
    const key = normalName(name);
    if (key === COOKIE) this.#cookies = undefined;
    else this.#values.delete(key);
  }

  get(name: string): string | null {
    const key = normalName(name);
    if (key === COOKIE) return this.#cookies?.join(", ") ?? null;
    return this.#values.get(key) ?? null;
  }

  has(name: string): boolean {
    const key = normalName(name);
    return key === COOKIE ? this.#cookies !== undefined : this.#values.has(key);
  }

  getSetCookie(): string[] {
    return this.#cookies?.slice() ?? [];
  }

  *entries(): IterableIterator<[string, string]> {
    const names = [...this.#values.keys()];
    if (this.#cookies !== undefined) names.push(COOKIE);
    for (const name of names.sort()) {
      if (name !== COOKIE) yield [name, this.#values.get(name)!];
      else for (const cookie of this.#cookies ?? []) yield [name, cookie];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this.entries()) callback.call(self, value, name, this);
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}
nameClass(Headers, "Headers");
