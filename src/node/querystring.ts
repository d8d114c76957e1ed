/**
 * node:querystring (Node 20).
 *
 * Tests:  querystring.test.ts, beside Node's own
 */
import { Buffer } from "./buffer.ts";
import { coded } from "./errors.ts";

type Parsed = Record<string, string | string[]>;
interface ParseOptions {
  readonly maxKeys?: number;
  readonly decodeURIComponent?: (text: string) => string;
}
interface StringifyOptions {
  readonly encodeURIComponent?: (text: string) => string;
}

const KEYS_LIMIT = 1000;
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/;

/** What is no escape stays as it is. */
export function unescapeBuffer(text: string, isForm = false): Buffer {
  const source = Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let index = 0; index < source.length; index++) {
    const byte = source[index]!;
    const pair = byte === 0x25 ? source.toString("latin1", index + 1, index + 3) : "";
    if (HEX_PAIR.test(pair)) {
      bytes.push(Number.parseInt(pair, 16));
      index += 2;
    } else {
      bytes.push(isForm && byte === 0x2b ? 0x20 : byte);
    }
  }
  return Buffer.from(bytes);
}

export function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescapeBuffer(text).toString();
  }
}

/** As `encodeURIComponent`, whose unescaped characters are these too. */
export function escape(value: unknown): string {
  try {
    return encodeURIComponent(String(value));
  } catch {
    throw coded(URIError, "ERR_INVALID_URI", "URI malformed");
  }
}

/** What a value is in a query: text, or nothing. */
function primitive(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  return typeof value === "bigint" || typeof value === "boolean" ? String(value) : "";
}

export function stringify(
  values: unknown,
  separator = "&",
  equals = "=",
  { encodeURIComponent: encode = querystring.escape }: StringifyOptions = {},
): string {
  if (typeof values !== "object" || values === null) return "";
  const fields: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    const name = encode(primitive(key));
    const items: unknown[] = Array.isArray(value) ? value : [value];
    for (const item of items) fields.push(`${name}${equals || "="}${encode(primitive(item))}`);
  }
  return fields.join(separator || "&");
}

export function parse(text: unknown, separator = "&", equals = "=", options: ParseOptions = {}): Parsed {
  const result = Object.create(null) as Parsed;
  if (typeof text !== "string" || text === "") return result;
  const { maxKeys = KEYS_LIMIT, decodeURIComponent: decode = querystring.unescape } = options;
  let fields = text.split(separator || "&");
  if (maxKeys > 0) fields = fields.slice(0, maxKeys);
  for (const field of fields) {
    if (field === "") continue;
    const at = field.indexOf(equals || "=");
    const [name, value] =
      at < 0 ? [field, ""] : [field.slice(0, at), field.slice(at + (equals || "=").length)];
    const [key, item] = [name, value].map((one) => decodeField(one!, decode)) as [string, string];
    const before = result[key];
    if (before === undefined) result[key] = item;
    else if (Array.isArray(before)) before.push(item);
    else result[key] = [before, item];
  }
  return result;
}

function decodeField(field: string, decode: (text: string) => string): string {
  const text = field.replaceAll("+", " ");
  if (!text.includes("%") && decode === unescape) return text;
  try {
    return decode(text);
  } catch {
    return unescape(text);
  }
}

export { parse as decode, stringify as encode };

/** `escape` and `unescape` may be replaced, and then are used. */
const querystring = { unescapeBuffer, unescape, escape, stringify, encode: stringify, parse, decode: parse };
export default querystring;
