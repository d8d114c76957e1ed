/**
 * The encodings of Buffer: text to bytes, bytes to text, and how many bytes a text has.
 *
 * UTF-8 and Latin-1 are the face's work (Wasm); the others are few lines here.
 */
import { machine } from "./machine.ts";

export interface Encoding {
  readonly name: string;
  byteLength(text: string): number;
  encode(text: string): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array): string;
}

const utf8: Encoding = {
  name: "utf8",
  byteLength: (text) => machine.encodeUtf8(text).byteLength,
  encode: (text) => new Uint8Array(machine.encodeUtf8(text)),
  decode: (bytes) => machine.decodeUtf8(bytes),
};

/** The low byte of each character. */
function encodeLatin1(text: string): Uint8Array<ArrayBuffer> {
  const encoded = machine.encodeLatin1(text);
  if (encoded !== undefined) return new Uint8Array(encoded);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

const latin1: Encoding = {
  name: "latin1",
  byteLength: (text) => text.length,
  encode: encodeLatin1,
  decode: (bytes) => machine.decodeLatin1(bytes),
};

const ascii: Encoding = {
  ...latin1,
  name: "ascii",
  decode: (bytes) => machine.decodeLatin1(bytes.map((byte) => byte & 0x7f)),
};

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The value of each digit's character code, 255: none. */
function digitValues(digits: string, more: Readonly<Record<string, number>> = {}): Uint8Array {
  const values = new Uint8Array(128).fill(255);
  for (let value = 0; value < digits.length; value++) values[digits.charCodeAt(value)] = value;
  for (const [digit, value] of Object.entries(more)) values[digit.charCodeAt(0)] = value;
  return values;
}

const HEX_VALUES = digitValues("0123456789abcdef", { A: 10, B: 11, C: 12, D: 13, E: 14, F: 15 });

const hex: Encoding = {
  name: "hex",
  byteLength: (text) => text.length >>> 1,
  /** Ends at the first pair that is none, as in Node. */
  encode(text) {
    const bytes = new Uint8Array(text.length >>> 1);
    for (let index = 0; index < bytes.length; index++) {
      const high = HEX_VALUES[text.charCodeAt(2 * index)] ?? 255;
      const low = HEX_VALUES[text.charCodeAt(2 * index + 1)] ?? 255;
      if (high === 255 || low === 255) return bytes.slice(0, index);
      bytes[index] = (high << 4) | low;
    }
    return bytes;
  },
  decode(bytes) {
    const pairs: string[] = [];
    for (let index = 0; index < bytes.length; index++) pairs.push(HEX[bytes[index]!]!);
    return pairs.join("");
  },
};

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL = `${BASE64.slice(0, 62)}-_`;
/** Both alphabets are read, whichever is asked for. */
const BASE64_VALUES = digitValues(BASE64, { "-": 62, _: 63 });
const EQUALS = 0x3d;
/** How many characters are put together before they become a string. */
const PIECE_LENGTH = 4096;

function base64Length(text: string): number {
  let length = text.length;
  if (text.charCodeAt(length - 1) === EQUALS) length--;
  if (length > 1 && text.charCodeAt(length - 1) === EQUALS) length--;
  return (length * 3) >>> 2;
}

/** What is no digit is passed over; the first `=` ends the text. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((text.length * 3) >>> 2);
  let word = 0;
  let bits = 0;
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === EQUALS) break;
    const value = BASE64_VALUES[code] ?? 255;
    if (value === 255) continue;
    word = ((word << 6) | value) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = word >> bits;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

function encodeBase64(bytes: Uint8Array, alphabet: string, padding: string): string {
  const pieces: string[] = [];
  const codes = Array.from(alphabet, (digit) => digit.charCodeAt(0));
  const whole = bytes.length - (bytes.length % 3);
  const piece = new Uint8Array(Math.min(PIECE_LENGTH, (whole / 3) * 4));
  let length = 0;
  for (let index = 0; index < whole; index += 3) {
    const word = (bytes[index]! << 16) | (bytes[index + 1]! << 8) | bytes[index + 2]!;
    piece[length++] = codes[word >> 18]!;
    piece[length++] = codes[(word >> 12) & 63]!;
    piece[length++] = codes[(word >> 6) & 63]!;
    piece[length++] = codes[word & 63]!;
    if (length < piece.length) continue;
    pieces.push(machine.decodeLatin1(piece));
    length = 0;
  }
  if (length > 0) pieces.push(machine.decodeLatin1(piece.subarray(0, length)));
  const left = bytes.length - whole;
  const word = (bytes[whole]! << 16) | ((bytes[whole + 1] ?? 0) << 8);
  const digit = (shift: number) => alphabet[(word >> shift) & 63]!;
  if (left === 1) pieces.push(digit(18), digit(12), padding, padding);
  if (left === 2) pieces.push(digit(18), digit(12), digit(6), padding);
  return pieces.join("");
}

const base64: Encoding = {
  name: "base64",
  byteLength: base64Length,
  encode: decodeBase64,
  decode: (bytes) => encodeBase64(bytes, BASE64, "="),
};

const base64url: Encoding = {
  ...base64,
  name: "base64url",
  decode: (bytes) => encodeBase64(bytes, BASE64URL, ""),
};

const utf16le: Encoding = {
  name: "utf16le",
  byteLength: (text) => text.length * 2,
  encode(text) {
    const units = new Uint16Array(text.length);
    for (let index = 0; index < text.length; index++) units[index] = text.charCodeAt(index);
    return new Uint8Array(units.buffer);
  },
  decode(bytes) {
    const units = new Uint16Array(Uint8Array.from(bytes.subarray(0, bytes.length & ~1)).buffer);
    const pieces: string[] = [];
    for (let at = 0; at < units.length; at += PIECE_LENGTH)
      pieces.push(String.fromCharCode(...units.subarray(at, at + PIECE_LENGTH)));
    return pieces.join("");
  },
};

const NAMED: Readonly<Record<string, Encoding>> = {
  utf8,
  "utf-8": utf8,
  hex,
  base64,
  base64url,
  latin1,
  binary: latin1,
  ascii,
  utf16le,
  "utf-16le": utf16le,
  ucs2: utf16le,
  "ucs-2": utf16le,
};

export const UTF8 = utf8;

/** Undefined where no encoding has the name. */
export function encodingOf(name: unknown): Encoding | undefined {
  if (name === undefined || name === null || name === "") return utf8;
  const text = String(name);
  if (Object.hasOwn(NAMED, text)) return NAMED[text];
  const lower = text.toLowerCase();
  return Object.hasOwn(NAMED, lower) ? NAMED[lower] : undefined;
}
