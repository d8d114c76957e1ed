/**
 * The head of a request: its line and its fields (RFC 9112 sections 2 to 5), parsed in place, a line at a time.
 *
 * A parse that runs out of bytes leaves `connection.line` at the line it could not finish and goes on from there;
 * offsets count from `connection.head`, so the bytes may move between two tries. The result depends on the bytes
 * alone, never on how they were cut.
 *
 * Nothing is repaired: no bare LF, no folded lines, no blank before a colon, no other blanks than the grammar's.
 *
 * Tests: conformance.test.ts
 */
import { Method } from "../../abi/status";
import {
  COLON,
  CR,
  CRLF,
  isBlank,
  LF,
  matches,
  skipBlanks,
  skipTarget,
  skipToken,
  skipValue,
  SPACE,
  trimBlanks,
} from "./characters";
import { Connection, Fact } from "./connection";
import { RequestField, requestField } from "./fields";
import { endOfFields, knownFieldValue } from "./framing";
import { FIELD_LIMIT, HEAD_LIMIT, LEADING_LINES_LIMIT, METHOD_LIMIT, TARGET_LIMIT } from "./limits";
import { Verdict } from "./verdict";

/** "GET " */
const GET: u32 = 0x20544547;
/** "host: ", the one field that every request has, in any case of letters. */
const HOST: u64 = 0x203a_7473_6f68;
const HOST_CASES: u64 = 0x2020_2020;
const HOST_MASK: u64 = 0xffff_ffff_ffff;
const HTTP_1_1: u64 = 0x312e312f50545448;
const HTTP_1_0: u64 = 0x302e312f50545448;
/** "HTTP/_._" with the digits as zeros. */
const HTTP_ANY: u64 = 0x302e302f50545448;
const NOT_DIGITS: u64 = 0xf0ff_f0ff_ffff_ffff;

/** Parses on in the head, of which `available` bytes stand at `connection.head`. */
export function parseHead(connection: Connection, available: u32): Verdict {
  const stop = connection.head + min(available, HEAD_LIMIT);
  let result: Verdict = Verdict.Complete;
  if (!connection.has(Fact.RequestLine)) result = parseRequestLine(connection, stop);
  while (result == Verdict.Complete) {
    const at = connection.head + connection.line;
    if (at < stop && load<u8>(at) == CR) {
      result = parseLastLine(connection, at, stop);
      if (result == Verdict.Complete) return endOfFields(connection);
      break;
    }
    result = parseField(connection, at, stop);
  }
  return result == Verdict.Incomplete && available >= HEAD_LIMIT ? Verdict.FieldsTooLarge : result;
}

function parseLastLine(connection: Connection, at: usize, stop: usize): Verdict {
  if (at + 2 > stop) return Verdict.Incomplete;
  if (load<u16>(at) != CRLF) return Verdict.BadRequest;
  connection.line += 2;
  return Verdict.Complete;
}

/** method SP request-target SP HTTP-version CRLF */
function parseRequestLine(connection: Connection, stop: usize): Verdict {
  const head = connection.head;
  const start = head + connection.line;
  if (start == stop) return Verdict.Incomplete;
  if (load<u8>(start) == CR) {
    const empty = skipEmptyLines(connection, stop);
    if (empty != Verdict.Complete) return empty;
  }
  const method = head + connection.line;
  const isGet = method + 4 <= stop && load<u32>(method) == GET;
  const methodEnd = isGet ? method + 3 : skipToken(method, stop);
  if (methodEnd - method > METHOD_LIMIT) return Verdict.NotImplemented;
  if (methodEnd == stop) return Verdict.Incomplete;
  if (methodEnd == method || load<u8>(methodEnd) != SPACE) return Verdict.BadRequest;
  const target = methodEnd + 1;
  const targetEnd = skipTarget(target, stop);
  if (targetEnd - target > TARGET_LIMIT) return Verdict.UriTooLong;
  if (targetEnd == stop) return Verdict.Incomplete;
  if (targetEnd == target || load<u8>(targetEnd) != SPACE) return Verdict.BadRequest;
  const version = targetEnd + 1;
  const versionResult = parseVersion(connection, version, stop);
  if (versionResult != Verdict.Complete) return versionResult;
  // The version's bytes follow, so eight can be read from the method's start.
  connection.method = isGet ? Method.Get : methodOf(method, <u32>(methodEnd - method));
  connection.methodOffset = <u16>(method - head);
  connection.methodLength = <u16>(methodEnd - method);
  connection.targetOffset = <u16>(target - head);
  connection.targetLength = <u16>(targetEnd - target);
  connection.facts |= Fact.RequestLine;
  connection.line = <u32>(version - head) + 10;
  return checkTarget(connection, target, <u32>(targetEnd - target));
}

/** RFC 9112 section 2.2: empty lines before a request line are not its fault. */
function skipEmptyLines(connection: Connection, stop: usize): Verdict {
  while (true) {
    const at = connection.head + connection.line;
    if (at == stop) return Verdict.Incomplete;
    if (load<u8>(at) != CR) return Verdict.Complete;
    if (connection.line >= LEADING_LINES_LIMIT) return Verdict.BadRequest;
    const result = parseLastLine(connection, at, stop);
    if (result != Verdict.Complete) return result;
  }
}

function parseVersion(connection: Connection, at: usize, stop: usize): Verdict {
  if (at + 10 <= stop && load<u64>(at) == HTTP_1_1 && load<u16>(at, 8) == CRLF) return Verdict.Complete;
  if (at + 8 > stop) return beginsVersion(at, stop) ? Verdict.Incomplete : Verdict.BadRequest;
  const version = load<u64>(at);
  if (version == HTTP_1_0) connection.facts |= Fact.Old;
  else if (version != HTTP_1_1)
    return isOtherVersion(version) ? Verdict.VersionNotSupported : Verdict.BadRequest;
  if (at + 8 < stop && load<u8>(at + 8) != CR) return Verdict.BadRequest;
  if (at + 10 > stop) return Verdict.Incomplete;
  return load<u8>(at + 9) == LF ? Verdict.Complete : Verdict.BadRequest;
}

/** Whether the less than eight bytes from `at` can become a version: what cannot is refused now, not when patience ends. */
function beginsVersion(at: usize, stop: usize): bool {
  for (let expected = HTTP_ANY; at < stop; at++, expected >>= 8) {
    const character = load<u8>(at);
    if (<u8>expected == 0x30 ? character - 0x30 > 9 : character != <u8>expected) return false;
  }
  return true;
}

function isOtherVersion(version: u64): bool {
  const major = <u8>(version >> 40);
  const minor = <u8>(version >> 56);
  return (version & NOT_DIGITS) == HTTP_ANY && major - 0x30 < 10 && minor - 0x30 < 10;
}

/** RFC 9112 section 3.2: origin-form, absolute-form, or the asterisk of OPTIONS. No proxy: no CONNECT, no other schemes. */
function checkTarget(connection: Connection, target: usize, length: u32): Verdict {
  const method = connection.method;
  if (method == Method.Connect) return Verdict.NotImplemented;
  const first = load<u8>(target);
  if (first == 0x2f) return Verdict.Complete; // "/"
  if (first == 0x2a) return length == 1 && method == Method.Options ? Verdict.Complete : Verdict.BadRequest; // "*"
  if (!startsAs(target, length, "http://") && !startsAs(target, length, "https://"))
    return Verdict.BadRequest;
  connection.facts |= Fact.Absolute;
  return Verdict.Complete;
}

function startsAs(target: usize, length: u32, text: string): bool {
  return length >= <u32>text.length && matches(target, <u32>text.length, text);
}

/** field-name ":" OWS field-value OWS CRLF */
function parseField(connection: Connection, name: usize, stop: usize): Verdict {
  const isHost = name + 8 <= stop && ((load<u64>(name) | HOST_CASES) & HOST_MASK) == HOST;
  const colon = isHost ? name + 4 : skipToken(name, stop);
  if (colon == stop) return Verdict.Incomplete;
  if (colon == name || load<u8>(colon) != COLON) return Verdict.BadRequest;
  const value = skipBlanks(colon + 1, stop);
  const lineEnd = skipValue(value, stop);
  if (lineEnd == stop) return Verdict.Incomplete;
  if (load<u8>(lineEnd) != CR) return Verdict.BadRequest;
  if (lineEnd + 2 > stop) return Verdict.Incomplete;
  if (load<u8>(lineEnd + 1) != LF) return Verdict.BadRequest;
  if (connection.fieldCount == FIELD_LIMIT) return Verdict.FieldsTooLarge;
  const valueEnd = isBlank(load<u8>(lineEnd - 1)) ? trimBlanks(value, lineEnd) : lineEnd;
  const head = connection.head;
  const nameLength = <u32>(colon - name);
  const nameHalf = ((<u64>nameLength) << 16) | (<u64>(name - head));
  connection.addField(((<u64>(valueEnd - value)) << 48) | ((<u64>(value - head)) << 32) | nameHalf);
  connection.line = <u32>(lineEnd - head) + 2;
  const known = isHost ? RequestField.Host : requestField(name, nameLength);
  return known == 0 ? Verdict.Complete : knownFieldValue(connection, known, value, valueEnd);
}

// Methods, as little-endian words with the rest zero. ------------------------------------------------------

const METHOD_ROWS: usize = 9;
// prettier-ignore
const METHOD_WORDS: usize = memory.data<u64>([
  0x544547, 0x44414548, 0x54534f50, 0x545550, 0x4554454c4544, 0x5443454e4e4f43, 0x534e4f4954504f, 0x4543415254,
  0x4843544150,
]);

/** The rows stand in the order of `Method`: GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH. */
function methodOf(pointer: usize, length: u32): i32 {
  if (length > 7) return Method.Other;
  const word = load<u64>(pointer) & (((<u64>1) << ((<u64>length) << 3)) - 1);
  for (let row: usize = 0; row < METHOD_ROWS; row++) {
    if (load<u64>(METHOD_WORDS + (row << 3)) == word) return <i32>row + 1;
  }
  return Method.Other;
}
