/**
 * Which byte may stand where (RFC 9110 section 5.6, RFC 9112 section 3), and fast runs over them.
 *
 * Sixteen bytes are judged at once where there are so many. Names go by a table that the lower half of a byte picks a
 * byte from, in which the upper half picks a bit; near the end by a table of one byte a character. Values and targets
 * are mostly plain text, so there eight bytes are judged at once near the end, too: a byte below n borrows into its top
 * bit when n is subtracted, and the lowest such bit is exact.
 */
import { reserve } from "../memory/arena";

const TOKEN: u8 = 1;
const HOST: u8 = 2;

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

export const TAB: u8 = 0x09;
export const LF: u8 = 0x0a;
export const CR: u8 = 0x0d;
export const SPACE: u8 = 0x20;
const HASH: u8 = 0x23;
export const COMMA: u8 = 0x2c;
export const COLON: u8 = 0x3a;
const DELETE: u8 = 0x7f;

/** CR LF as one little-endian word. */
export const CRLF: u16 = 0x0a0d;

const classes: usize = memory.data(256);
const lower: usize = memory.data(256);
/** By the lower half of a character: a bit for each upper half that makes it one of the class. */
const tokenRows: usize = memory.data(16, 16);
const hostRows: usize = memory.data(16, 16);
/** By the upper half: its bit. There is none beyond ASCII. */
const HALF_BITS: usize = memory.data<u8>([1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0], 16);
const STEP: usize = 16;
const HALF_STEP: usize = 8;

export function startCharacters(): void {
  markAlphanumeric(TOKEN | HOST);
  mark("!$&'*+-._~", TOKEN | HOST);
  mark("#%^`|", TOKEN);
  mark("(),;=", HOST);
  for (let character: u32 = 0; character < 256; character++) {
    const capital = character >= 0x41 && character <= 0x5a;
    store<u8>(lower + character, <u8>(capital ? character | 0x20 : character));
    if (character < 128) addToRows(character);
  }
}

function addToRows(character: u32): void {
  const bits = load<u8>(classes + character);
  const at = <usize>(character & 15);
  const bit = <u8>((<u32>1) << (character >> 4));
  if ((bits & TOKEN) != 0) store<u8>(tokenRows + at, load<u8>(tokenRows + at) | bit);
  if ((bits & HOST) != 0) store<u8>(hostRows + at, load<u8>(hostRows + at) | bit);
}

function mark(characters: string, bits: u8): void {
  for (let index = 0; index < characters.length; index++) {
    store<u8>(classes + characters.charCodeAt(index), bits);
  }
}

function markAlphanumeric(bits: u8): void {
  for (let character: usize = 0x30; character <= 0x7a; character++) {
    const digit = character <= 0x39;
    const letter = (character | 0x20) >= 0x61 && (character | 0x20) <= 0x7a && character >= 0x41;
    if (digit || letter) store<u8>(classes + character, bits);
  }
}

/** The first byte from `at` on that is no token character, or `stop`. */
export function skipToken(at: usize, stop: usize): usize {
  return skipClass(at, stop, stop, tokenRows, TOKEN);
}

/**
 * The first byte that cannot stand for itself in a registered name (RFC 3986 section 3.2.2), or `stop`. At least two bytes
 * follow that, which may be looked at, too.
 */
export function skipHost(at: usize, stop: usize): usize {
  return skipClass(at, stop, stop + 2, hostRows, HOST);
}

/** Up to `readable` bytes may be looked at. */
function skipClass(at: usize, stop: usize, readable: usize, rows: usize, bit: u8): usize {
  for (; at + STEP <= readable; at += STEP) {
    const bytes = v128.load(at);
    const row = v128.swizzle(v128.load(rows), v128.and(bytes, i8x16.splat(15)));
    const half = v128.swizzle(v128.load(HALF_BITS), i8x16.shr_u(bytes, 4));
    const found = i8x16.bitmask(i8x16.eq(v128.and(row, half), i8x16.splat(0)));
    if (found != 0) return min(at + <usize>ctz(found), stop);
  }
  if (at + HALF_STEP <= readable) {
    const bytes = v128.load_zero<u64>(at);
    const row = v128.swizzle(v128.load(rows), v128.and(bytes, i8x16.splat(15)));
    const half = v128.swizzle(v128.load(HALF_BITS), i8x16.shr_u(bytes, 4));
    const found = i8x16.bitmask(i8x16.eq(v128.and(row, half), i8x16.splat(0))) & 0xff;
    if (found != 0) return min(at + <usize>ctz(found), stop);
    at += HALF_STEP;
  }
  while (at < stop && (load<u8>(classes + load<u8>(at)) & bit) != 0) at++;
  return min(at, stop);
}

/**
 * The first byte that is a control, a space, "#" or not ASCII, or `stop`. No target has a fragment (RFC 9112 section 3.2):
 * some would cut it off there, and some would not.
 */
export function skipTarget(at: usize, stop: usize): usize {
  while (at + 8 <= stop) {
    const word = load<u64>(at);
    const found = (below(word, HASH + 1) | word | equal(word, DELETE)) & TOPS;
    at += found == 0 ? 8 : <usize>(ctz(found) >> 3);
    if (found == 0) continue;
    if (!isInTarget(load<u8>(at))) return at;
    at++; // "!" or a quote
  }
  while (at < stop && isInTarget(load<u8>(at))) at++;
  return at;
}

function isInTarget(character: u8): bool {
  return character > SPACE && character < DELETE && character != HASH;
}

/** The first control byte except the tab, or `stop`. */
export function skipValue(at: usize, stop: usize): usize {
  for (; at + STEP <= stop; at += STEP) {
    const bytes = v128.load(at);
    const control = i8x16.eq(i8x16.min_u(bytes, i8x16.splat(0x1f)), bytes);
    const other = v128.andnot(control, i8x16.eq(bytes, i8x16.splat(TAB)));
    const found = i8x16.bitmask(v128.or(other, i8x16.eq(bytes, i8x16.splat(DELETE))));
    if (found != 0) return at + <usize>ctz(found);
  }
  while (true) {
    at = skipText(at, stop);
    if (at == stop || load<u8>(at) != TAB) return at;
    at++;
  }
}

function skipText(at: usize, stop: usize): usize {
  while (at + 8 <= stop) {
    const word = load<u64>(at);
    const found = (below(word, 0x20) | equal(word, DELETE)) & TOPS;
    if (found != 0) return at + <usize>(ctz(found) >> 3);
    at += 8;
  }
  while (at < stop) {
    const character = load<u8>(at);
    if (character < SPACE || character == DELETE) return at;
    at++;
  }
  return stop;
}

/** Top bits of the bytes below `limit`, at most 128; bits above the lowest may be wrong. */
function below(word: u64, limit: u8): u64 {
  return (word - ONES * <u64>limit) & ~word;
}

/** Top bits of the bytes equal to `character`; bits above the lowest may be wrong. */
function equal(word: u64, character: u8): u64 {
  const difference = word ^ (ONES * <u64>character);
  return (difference - ONES) & ~difference;
}

export function isBlank(character: u8): bool {
  return character == SPACE || character == TAB;
}

export function skipBlanks(at: usize, stop: usize): usize {
  for (; at < stop; at++) {
    const character = load<u8>(at);
    if (character != SPACE && character != TAB) break;
  }
  return at;
}

/** Where [from, stop) ends without its blanks. */
export function trimBlanks(from: usize, stop: usize): usize {
  while (stop > from && isBlank(load<u8>(stop - 1))) stop--;
  return stop;
}

export function toLower(character: u8): u8 {
  return load<u8>(lower + character);
}

/** Whether the bytes are `text`, which is ASCII in lower case, in any case. */
export function matches(pointer: usize, length: u32, text: string): bool {
  if (length != <u32>text.length) return false;
  const units = changetype<usize>(text);
  for (let index: usize = 0; index < <usize>length; index++) {
    if (<u16>toLower(load<u8>(pointer + index)) != load<u16>(units + (index << 1))) return false;
  }
  return true;
}

const CASES: u64 = 0x2020_2020_2020_2020;

/**
 * Whether a token of 4 to 24 bytes is the name at `name`: `length` letters in lower case and hyphens. Of token
 * characters, only those two cases of a letter become that letter with the bit of the cases set. Words overlap.
 */
export function spells(token: usize, length: u32, name: usize): bool {
  if (length < 8) {
    const last = length - 4;
    const first = (load<u32>(token) | (<u32>CASES)) ^ load<u32>(name);
    return (first | ((load<u32>(token + last) | (<u32>CASES)) ^ load<u32>(name + last))) == 0;
  }
  const last = length - 8;
  let differences = (load<u64>(token) | CASES) ^ load<u64>(name);
  differences |= (load<u64>(token + last) | CASES) ^ load<u64>(name + last);
  if (length > 16) differences |= (load<u64>(token, 8) | CASES) ^ load<u64>(name, 8);
  return differences == 0;
}

/** Whether bytes are the same, with room to read on behind both. */
export function areSame(one: usize, other: usize, length: u32): bool {
  while (length >= 8) {
    if (load<u64>(one) != load<u64>(other)) return false;
    one += 8;
    other += 8;
    length -= 8;
  }
  return length == 0 || (load<u64>(one) ^ load<u64>(other)) << ((8 - <u64>length) << 3) == 0;
}

/** Stores ASCII `text` as bytes: the address after it. */
export function storeText(pointer: usize, text: string): usize {
  const length = text.length;
  for (let index = 0; index < length; index++) {
    store<u8>(pointer + index, load<u8>(changetype<usize>(text) + ((<usize>index) << 1)));
  }
  return pointer + length;
}

/** Makes ASCII `text` into bytes that `copyShort` may copy from. At start-up only. */
export function keepText(text: string): usize {
  const bytes = reserve((<usize>text.length + 8) & ~7);
  storeText(bytes, text);
  return bytes;
}

/** Copies a few bytes, up to seven more than asked: for a target and a source with room behind them. */
export function copyShort(to: usize, from: usize, length: usize): usize {
  for (let at: usize = 0; at < length; at += 8) store<u64>(to + at, load<u64>(from + at));
  return to + length;
}
