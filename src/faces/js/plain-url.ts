/**
 * Whether a text is an http or https URL just as the URL Standard's parser would serialise it, so that it can be kept as
 * it is: what nearly every request's URL is. A no is no judgement: the whole parser then says what the text is.
 *
 * Plain is a host of lower-case letters, digits, "-" and "_" that is no name in Punycode, or an IPv4 address as it is
 * serialised; a port that is not the scheme's own; and behind them no dot at a segment's begin, no escaped dot, no
 * fragment, no empty query, and no character that would be escaped.
 *
 * Tests:  url.test.ts
 */
import { UrlPart } from "../../runtime/host-call";

/** What `cutUrl` found. */
export let partStart: usize = 0;
export let partLength: u32 = 0;

/** Characters from "@" on, and before it, by bit, that path and query leave as they are: "~_", letters; "!$%&()*+,-./:;=?", digits. */
const PATH_FROM_AT: u64 = 0x47fffffe_87ffffff;
const PATH_BEFORE_AT: u64 = 0xafffff72_00000000;
const HTTP: u64 = 0x2f2f3a70747468; // "http://", 7 bytes of 8
const HTTP_BYTES: u64 = 0x00ffffff_ffffffff;
const HTTPS: u64 = 0x2f2f3a7370747468; // "https://"
const PUNYCODE: u32 = 0x2d2d6e78; // "xn--"
const HTTP_PORT: u32 = 80;
const HTTPS_PORT: u32 = 443;
const PORT_LIMIT: u32 = 65535;
const PORT_DIGITS: usize = 5;
const ADDRESS_LABELS: i32 = 4;
const BYTE_LIMIT: u32 = 255;
const NO_NUMBER: u32 = 0xffff_ffff;

/** Latin-1 characters. */
export function isPlainUrl(text: usize, length: u32): bool {
  const end = text + length;
  if (length < 9) return false;
  const isSecure = load<u64>(text) == HTTPS;
  if (!isSecure && (load<u64>(text) & HTTP_BYTES) != HTTP) return false;
  const host = text + (isSecure ? 8 : 7);
  let at = hostEnd(host, end);
  if (at == 0 || at == end) return false;
  if (load<u8>(at) == 0x3a) {
    const port = at + 1;
    at = digitsEnd(port, end);
    const number = numberOf(port, at, PORT_DIGITS);
    if (number == 0 || number > PORT_LIMIT || number == (isSecure ? HTTPS_PORT : HTTP_PORT)) return false;
  }
  return at < end && load<u8>(at) == 0x2f && isPlainPath(at, end);
}

/** Finds a part of a plain URL; of another text, some part of it. */
export function cutUrl(text: usize, length: u32, part: UrlPart): void {
  const end = text + length;
  const scheme = find(0x3a, text, end);
  const host = min(scheme + 3, end);
  const path = find(0x2f, host, end);
  const port = find(0x3a, host, path);
  const query = find(0x3f, path, end);
  switch (part) {
    case UrlPart.Origin:
      return take(text, path);
    case UrlPart.Protocol:
      return take(text, host - min<usize>(2, host - text));
    case UrlPart.Host:
      return take(host, path);
    case UrlPart.Hostname:
      return take(host, port);
    case UrlPart.Port:
      return take(min(port + 1, path), path);
    case UrlPart.Pathname:
      return take(path, query);
    default:
      return take(query, end);
  }
}

function take(start: usize, end: usize): void {
  partStart = start;
  partLength = <u32>(end - start);
}

/** Where the character is, or the end. */
function find(character: u8, start: usize, end: usize): usize {
  let at = start;
  while (at < end && load<u8>(at) != character) at++;
  return at;
}

/** Where a plain host ends, at ":", "/" or the text's end; 0: it is none. */
function hostEnd(start: usize, end: usize): usize {
  let label = start;
  let labels = 1;
  let numbers = 0;
  let at = start;
  for (; at < end; at++) {
    const character = load<u8>(at);
    if (character == 0x2e) {
      if (at == label) return 0;
      if (isByte(label, at)) numbers++;
      labels++;
      label = at + 1;
    } else if (character == 0x3a || character == 0x2f) {
      break;
    } else if (!isLetter(character) && !isDigit(character) && character != 0x2d && character != 0x5f) {
      return 0;
    }
    if (at == label && at + 4 <= end && load<u32>(at) == PUNYCODE) return 0;
  }
  if (at == label) return 0;
  if (isLetter(load<u8>(label))) return at;
  return numbers == ADDRESS_LABELS - 1 && labels == ADDRESS_LABELS && isByte(label, at) ? at : 0;
}

function isPlainPath(start: usize, end: usize): bool {
  let before: u32 = 0;
  for (let at = start; at < end; at++) {
    const character = <u32>load<u8>(at);
    if (character >= 0x80) return false;
    const plain = character < 0x40 ? PATH_BEFORE_AT >> character : PATH_FROM_AT >> (character - 0x40);
    if ((plain & 1) == 0) return false;
    if (character == 0x2e && before == 0x2f) return false;
    if (character == 0x25 && at + 2 < end && isDotCode(at + 1)) return false;
    before = character;
  }
  return before != 0x3f;
}

/** "2e" */
function isDotCode(at: usize): bool {
  return load<u8>(at) == 0x32 && (load<u8>(at, 1) | 0x20) == 0x65;
}

function isByte(start: usize, end: usize): bool {
  return digitsEnd(start, end) == end && numberOf(start, end, 3) <= BYTE_LIMIT;
}

function digitsEnd(start: usize, end: usize): usize {
  let at = start;
  while (at < end && isDigit(load<u8>(at))) at++;
  return at;
}

/** The digits' number where it is written as numbers are; `NO_NUMBER` with no digit, too many, or a zero in front. */
function numberOf(start: usize, end: usize, digits: usize): u32 {
  if (start == end || end - start > digits) return NO_NUMBER;
  if (load<u8>(start) == 0x30 && end - start > 1) return NO_NUMBER;
  let number: u32 = 0;
  for (let at = start; at < end; at++) number = number * 10 + (load<u8>(at) - 0x30);
  return number;
}

function isDigit(character: u8): bool {
  return <u32>character - 0x30 < 10;
}

function isLetter(character: u8): bool {
  return <u32>character - 0x61 < 26;
}
