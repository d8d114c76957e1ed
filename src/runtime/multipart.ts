/**
 * Reads multipart/form-data (RFC 7578, as the Fetch Standard's parser has it). The bytes are a client's: anything that
 * is not of this form gives undefined.
 */
import { File } from "./blob.ts";
import { decode, decodeLatin1 } from "./host.ts";
import type { FormEntry } from "./form-data.ts";

const CR = 13;
const LF = 10;
const DASH = 45;
/** A part's header; more is no form that a browser sends. */
const HEADER_LIMIT_BYTES = 16_384;
const NAME = /^form-data\s*;\s*name="([^"]*)"(?:\s*;\s*filename="([^"]*)")?/i;
const DEFAULT_TYPE = "text/plain";

export function readMultipart(bytes: Uint8Array, boundary: string): FormEntry[] | undefined {
  const delimiter = Uint8Array.from(`--${boundary}`, (character) => character.charCodeAt(0));
  const entries: FormEntry[] = [];
  let position = find(bytes, delimiter, 0);
  // Only blank lines may stand before the first delimiter.
  if (position < 0 || !isBlank(bytes, position)) return undefined;
  for (;;) {
    position += delimiter.length;
    if (bytes[position] === DASH && bytes[position + 1] === DASH) return entries;
    if (bytes[position] !== CR || bytes[position + 1] !== LF) return undefined;
    const header = readHeader(bytes, position + 2);
    if (header === undefined) return undefined;
    const next = findDelimiter(bytes, delimiter, header.end);
    if (next < 0) return undefined;
    const content = bytes.subarray(header.end, next - 2);
    entries.push(entryOf(header, content));
    position = next;
  }
}

function isBlank(bytes: Uint8Array, end: number): boolean {
  return bytes.subarray(0, end).every((byte) => byte === CR || byte === LF);
}

function entryOf({ name, fileName, type }: Header, content: Uint8Array): FormEntry {
  if (fileName === undefined) return [name, decode(content, false)!];
  return [name, new File([content], fileName, { type: type ?? DEFAULT_TYPE })];
}

interface Header {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly type: string | undefined;
  /** Where the content begins. */
  readonly end: number;
}

function readHeader(bytes: Uint8Array, start: number): Header | undefined {
  let name: string | undefined;
  let fileName: string | undefined;
  let type: string | undefined;
  let position = start;
  while (position - start < HEADER_LIMIT_BYTES) {
    const end = bytes.indexOf(CR, position);
    if (end < 0 || bytes[end + 1] !== LF) return undefined;
    if (end === position) return name === undefined ? undefined : { name, fileName, type, end: end + 2 };
    const line = decode(bytes.subarray(position, end), false)!;
    position = end + 2;
    const colon = line.indexOf(":");
    if (colon <= 0) return undefined;
    const value = line.slice(colon + 1).trim();
    const field = line.slice(0, colon).trim().toLowerCase();
    if (field === "content-disposition") {
      const found = NAME.exec(value);
      if (found === null) return undefined;
      name = unescapeName(found[1]!);
      fileName = found[2] === undefined ? undefined : unescapeName(found[2]);
    } else if (field === "content-type") {
      type = decodeLatin1(bytes.subarray(end - value.length, end));
    }
  }
  return undefined;
}

function unescapeName(name: string): string {
  return name.replace(/%0D/gi, "\r").replace(/%0A/gi, "\n").replace(/%22/g, '"');
}

/** The delimiter at the start of a line; its position, or -1. */
function findDelimiter(bytes: Uint8Array, delimiter: Uint8Array, start: number): number {
  for (let from = start; ;) {
    const found = find(bytes, delimiter, from);
    if (found < 0) return -1;
    if (found - 2 >= start && bytes[found - 2] === CR && bytes[found - 1] === LF) return found;
    from = found + 1;
  }
}

function find(bytes: Uint8Array, wanted: Uint8Array, start: number): number {
  const first = wanted[0]!;
  for (let at = bytes.indexOf(first, start); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length++;
    if (length === wanted.length) return at;
  }
  return -1;
}
