/**
 * Headers (Fetch Standard, section 2.2 and 5.1), on a text of lines (`header-lines.ts`).
 *
 * Those of a request that came from the network stay the kernel's until all of them are asked for: to read one field is
 * one call. A server may set any header: the names that a browser keeps for itself are not refused.
 *
 * Tests:  src/faces/js/fetch.test.ts
 */
import { textOfRequest } from "./exchange.ts";
import { nameClass, requireArguments } from "./globals.ts";
import {
  COOKIE,
  fieldName,
  hasField,
  joinedLines,
  sortedFields,
  valueOf,
  valuesOf,
  withAppended,
  withField,
  withoutField,
  type FieldName,
} from "./header-lines.ts";
import { header, headerLines } from "./host.ts";
import { isSafelisted, SAFELISTED_NAMES } from "./no-cors.ts";
import { definePairs } from "./pairs.ts";
import { toByteString, toPairs } from "./sequences.ts";

export type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>;

const NOT_A_VALUE = /[\0\r\n]|[^\0-\xff]/;
const PADDED = /^[\t\n\r ]|[\t\n\r ]$/;
/** How many short values are remembered as valid. */
const KNOWN_LIMIT = 512;
const KNOWN_VALUE_LENGTH = 64;
/** Of `src/abi/status.ts`. */
const MISSING = -6;
/** The longest name that the kernel looks for. */
const SOUGHT_LENGTH = 256;

const knownValues = new Set<string>();
const COOKIE_NAME = fieldName(COOKIE);
const TYPE_NAME = fieldName("content-type");

function fieldValue(name: FieldName, value: unknown): string {
  if (knownValues.has(value as string)) return value as string;
  let text = String(value);
  if (PADDED.test(text)) text = text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (NOT_A_VALUE.test(text))
    throw new TypeError(`Value of header "${name.text}" has a character that cannot be sent`);
  if (knownValues.size < KNOWN_LIMIT && text.length <= KNOWN_VALUE_LENGTH) knownValues.add(text);
  return text;
}

/** What Headers are made from, as lines. */
export function linesFrom(init: HeadersInit): string {
  if ((typeof init !== "object" && typeof init !== "function") || init === null)
    throw new TypeError("Headers expects an object or pairs");
  if (isOwn(init)) return headersToLines(init);
  const pairs = toPairs(init, toByteString, "Headers");
  let lines = "";
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index]!;
    const name = fieldName(pair[0]);
    lines = withAppended(lines, name, fieldValue(name, pair[1]));
  }
  return lines;
}

export function hasType(lines: string): boolean {
  return hasField(lines, TYPE_NAME);
}

/** A field's value; null: there is none; undefined: look at all of them. */
function fieldOfRequest(id: number, name: string): string | null | undefined {
  const text = typeof name === "string" ? name : String(name);
  if (text.length > SOUGHT_LENGTH) return undefined;
  const value = header(id, text);
  if (typeof value === "string") return value;
  // What is no name is found nowhere, but is an error.
  if (value !== MISSING) return textOfRequest(value);
  fieldName(text);
  return null;
}

/** How headers may change, where not in every way. */
export type Guard = "immutable" | "no-cors";
const guards = new WeakMap<Headers, Guard>();

export function guardHeaders(headers: Headers, guard: Guard): Headers {
  guards.set(headers, guard);
  return headers;
}

/** Whether a change may be made; one that is not refused but has no effect is false. */
function mayChange(headers: Headers, name: string, value: string | undefined): boolean {
  const guard = guards.get(headers);
  if (guard === undefined) return true;
  if (guard === "immutable") throw new TypeError("These headers cannot be changed");
  return value === undefined ? SAFELISTED_NAMES.has(name) : isSafelisted(name, value);
}

/** Of a request of the kernel's. */
export let headersOfRequest: (id: number) => Headers;
/** Of lines that are as these are kept. */
export let headersOfLines: (lines: string) => Headers;
/** As `name: value\r\n` lines. */
export let headersToLines: (headers: Headers) => string;
/** Headers that iterate as Headers do. */
let isOwn: (value: object) => value is Headers;

export class Headers {
  /** The number of a request of the kernel's: that request's. */
  #lines: string | number = "";

  constructor(init?: HeadersInit) {
    if (init !== undefined) this.#lines = linesFrom(init);
  }

  static {
    headersOfRequest = (id) => {
      const headers = new Headers();
      headers.#lines = id;
      return headers;
    };
    headersOfLines = (lines) => {
      const headers = new Headers();
      headers.#lines = lines;
      return headers;
    };
    isOwn = (value): value is Headers =>
      #lines in value && (value as Headers)[Symbol.iterator] === iterateHeaders;
    headersToLines = (headers) => {
      const lines = headers.#lines;
      return typeof lines === "string"
        ? lines
        : (headers.#lines = joinedLines(textOfRequest(headerLines(lines))));
    };
    definePairs(Headers, "Headers", (headers) => sortedFields(headersToLines(headers)));
  }

  declare entries: () => IterableIterator<[string, string]>;
  declare keys: () => IterableIterator<string>;
  declare values: () => IterableIterator<string>;
  declare forEach: (
    callback: (value: string, name: string, headers: Headers) => void,
    self?: unknown,
  ) => void;
  declare [Symbol.iterator]: () => IterableIterator<[string, string]>;

  append(name: string, value: string): void {
    requireArguments(arguments, 2, "append");
    const field = fieldName(name);
    const text = fieldValue(field, value);
    const appended = withAppended(headersToLines(this), field, text);
    if (mayChange(this, field.text, valueOf(appended, field))) this.#lines = appended;
  }

  set(name: string, value: string): void {
    requireArguments(arguments, 2, "set");
    const field = fieldName(name);
    const text = fieldValue(field, value);
    if (mayChange(this, field.text, text)) this.#lines = withField(headersToLines(this), field, text);
  }

  delete(name: string): void {
    requireArguments(arguments, 1, "delete");
    const field = fieldName(name);
    if (mayChange(this, field.text, undefined)) this.#lines = withoutField(headersToLines(this), field);
  }

  get(name: string): string | null {
    if (arguments.length < 1) requireArguments(arguments, 1, "get");
    const lines = this.#lines;
    if (typeof lines === "number") {
      const value = fieldOfRequest(lines, name);
      if (value !== undefined) return value;
    }
    return valueOf(headersToLines(this), fieldName(name)) ?? null;
  }

  has(name: string): boolean {
    requireArguments(arguments, 1, "has");
    return hasField(headersToLines(this), fieldName(name));
  }

  getSetCookie(): string[] {
    return valuesOf(headersToLines(this), COOKIE_NAME);
  }
}
nameClass(Headers, "Headers");
/** An app may give a Headers another iterator, which then says what is in it. */
const iterateHeaders = Headers.prototype[Symbol.iterator];

/** From lines that the kernel has checked. */
export function headersFromLines(lines: string): Headers {
  return headersOfLines(joinedLines(lines));
}
