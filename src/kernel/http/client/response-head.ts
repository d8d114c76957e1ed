/**
 * The head of a response (RFC 9112 sections 4 to 6), parsed from the exchange's own buffer, a line at a time, and what
 * it says of where the message ends.
 *
 * A server and a client that disagree on where a response ends take one for the next: what could be read in two ways
 * is refused. The result depends on the bytes alone, never on how they were cut.
 *
 * Tests: conformance.test.ts
 */
import {
  COLON,
  CR,
  CRLF,
  LF,
  matches,
  skipBlanks,
  skipToken,
  skipValue,
  SPACE,
  toLower,
  trimBlanks,
} from "../characters";
import { element, elementLength, findElement, trimmedLength } from "../lists";
import { LENGTH_DIGITS, parseDecimal } from "../numbers";
import { Exchange } from "./exchange";
import { FIELD_LIMIT, HEAD_LIMIT } from "./limits";

export const enum Heard {
  Incomplete = 0,
  Complete = 1,
  Broken = 2,
  TooLarge = 3,
}

const enum Fact {
  StatusLine = 1,
  /** HTTP/1.0. */
  Old = 2,
  Length = 4,
  Coding = 8,
  Chunked = 16,
  OtherCoding = 32,
  Close = 64,
  KeepAlive = 128,
}

const HTTP_1_0: u64 = 0x302e312f50545448;
/** "HTTP/1.1 200" */
const CODE: usize = 9;
const CODE_END: usize = 12;
/** The body ends with the stream. */
export const UNTIL_END: i64 = i64.MAX_VALUE;

/** Parses on in the `gathered` bytes of the head. */
export function parseResponse(exchange: Exchange): Heard {
  const stop = exchange.buffer + exchange.gathered;
  let result: Heard = Heard.Complete;
  if ((exchange.facts & Fact.StatusLine) == 0) result = parseStatusLine(exchange, stop);
  while (result == Heard.Complete) {
    const at = exchange.buffer + exchange.line;
    if (at < stop && load<u8>(at) == CR) {
      if (at + 2 > stop) break;
      if (load<u16>(at) != CRLF) return Heard.Broken;
      exchange.line += 2;
      return endOfFields(exchange);
    }
    result = parseField(exchange, at, stop);
  }
  if (result == Heard.Broken || result == Heard.TooLarge) return result;
  return exchange.gathered >= HEAD_LIMIT ? Heard.TooLarge : Heard.Incomplete;
}

/** HTTP-version SP status-code [ SP reason ] CRLF; many servers leave the last blank out, and nothing is unclear then. */
function parseStatusLine(exchange: Exchange, stop: usize): Heard {
  const head = exchange.buffer;
  // What it cannot become is known at once: nobody waits for the rest.
  const known = min<usize>(stop - head, CODE_END);
  for (let index: usize = 0; index < known; index++) {
    if (!mayStand(index, load<u8>(head + index))) return Heard.Broken;
  }
  const reason = head + CODE_END;
  if (reason >= stop) return Heard.Incomplete;
  const lineEnd = skipValue(reason, stop);
  if (reason != lineEnd && load<u8>(reason) != SPACE) return Heard.Broken;
  if (lineEnd == stop) return Heard.Incomplete;
  if (load<u8>(lineEnd) != CR) return Heard.Broken;
  if (lineEnd + 2 > stop) return Heard.Incomplete;
  if (load<u8>(lineEnd + 1) != LF) return Heard.Broken;
  if (load<u64>(head) == HTTP_1_0) exchange.facts |= Fact.Old;
  exchange.status = <i32>parseDecimal(head + CODE, head + CODE_END);
  exchange.reasonOffset = <u32>(min(reason + 1, lineEnd) - head);
  exchange.reasonLength = <u32>(lineEnd - head) - exchange.reasonOffset;
  exchange.line = <u32>(lineEnd - head) + 2;
  exchange.fieldsOffset = exchange.line;
  exchange.facts |= Fact.StatusLine;
  return Heard.Complete;
}

/** Of "HTTP/1.0 " or "HTTP/1.1 " and a code from 100 to 599. */
function mayStand(index: usize, character: u8): bool {
  if (index == 8) return character == SPACE;
  if (index == 7) return character == 0x30 || character == 0x31;
  if (index < 7) return character == <u8>(HTTP_1_0 >> ((<u64>index) << 3));
  const digit = character - 0x30;
  return index == CODE ? digit - 1 < 5 : digit < 10;
}

/** field-name ":" OWS field-value OWS CRLF */
function parseField(exchange: Exchange, name: usize, stop: usize): Heard {
  const colon = skipToken(name, stop);
  if (colon == stop) return Heard.Incomplete;
  if (colon == name || load<u8>(colon) != COLON) return Heard.Broken;
  const lineEnd = skipValue(colon + 1, stop);
  if (lineEnd == stop) return Heard.Incomplete;
  if (load<u8>(lineEnd) != CR) return Heard.Broken;
  if (lineEnd + 2 > stop) return Heard.Incomplete;
  if (load<u8>(lineEnd + 1) != LF) return Heard.Broken;
  if (exchange.fieldCount++ == FIELD_LIMIT) return Heard.TooLarge;
  exchange.line = <u32>(lineEnd - exchange.buffer) + 2;
  const value = skipBlanks(colon + 1, lineEnd);
  return takeValue(exchange, name, <u32>(colon - name), value, trimBlanks(value, lineEnd));
}

function takeValue(exchange: Exchange, name: usize, length: u32, value: usize, stop: usize): Heard {
  if (matches(name, length, "content-length")) {
    // RFC 9112 section 6.3, 5: several lengths are refused, the same ones too.
    if ((exchange.facts & Fact.Length) != 0) return Heard.Broken;
    exchange.facts |= Fact.Length;
    if (value == stop || stop - value > LENGTH_DIGITS) return Heard.Broken;
    exchange.length = parseDecimal(value, stop);
    return exchange.length < 0 ? Heard.Broken : Heard.Complete;
  }
  if (matches(name, length, "transfer-encoding")) return takeCoding(exchange, value, stop);
  if (matches(name, length, "connection")) takeOptions(exchange, value, stop);
  return Heard.Complete;
}

function takeCoding(exchange: Exchange, value: usize, stop: usize): Heard {
  exchange.facts |= Fact.Coding;
  for (let at = value; at <= stop; at = element + elementLength + 1) {
    at = findElement(at, stop);
    if (trimmedLength == 0 || (exchange.facts & Fact.Chunked) != 0) return Heard.Broken;
    exchange.facts |= matches(element, <u32>trimmedLength, "chunked") ? Fact.Chunked : Fact.OtherCoding;
  }
  return Heard.Complete;
}

function takeOptions(exchange: Exchange, value: usize, stop: usize): void {
  for (let at = value; at < stop; at = element + elementLength + 1) {
    at = findElement(at, stop);
    if (matches(element, <u32>trimmedLength, "close")) exchange.facts |= Fact.Close;
    else if (matches(element, <u32>trimmedLength, "keep-alive")) exchange.facts |= Fact.KeepAlive;
  }
}

/** What only the whole head shows. Only chunked is spoken, and never beside a length (RFC 9112 section 6.1). */
function endOfFields(exchange: Exchange): Heard {
  const facts = exchange.facts;
  if ((facts & Fact.Coding) == 0) return Heard.Complete;
  if ((facts & (Fact.Old | Fact.Length | Fact.OtherCoding)) != 0) return Heard.Broken;
  return (facts & Fact.Chunked) != 0 ? Heard.Complete : Heard.Broken;
}

/** The size of the body that follows a complete head: -1: in chunks, `UNTIL_END` (RFC 9112 section 6.3). */
export function responseSize(exchange: Exchange): i64 {
  const status = exchange.status;
  if (exchange.isHead || status < 200 || status == 204 || status == 304) return 0;
  if ((exchange.facts & Fact.Chunked) != 0) return -1;
  return (exchange.facts & Fact.Length) != 0 ? exchange.length : UNTIL_END;
}

/** Whether the server takes another request on the stream (RFC 9112 section 9.3). */
export function keepsStream(exchange: Exchange): bool {
  if ((exchange.facts & Fact.Close) != 0) return false;
  // No content follows a 204, and a server that declares some may send it (RFC 9110 section 8.6, RFC 9112 section 6.1).
  if (exchange.status == 204 && responseDeclares(exchange)) return false;
  return (exchange.facts & Fact.Old) == 0 || (exchange.facts & Fact.KeepAlive) != 0;
}

function responseDeclares(exchange: Exchange): bool {
  const facts = exchange.facts;
  return (facts & Fact.Coding) != 0 || ((facts & Fact.Length) != 0 && exchange.length != 0);
}

/**
 * Writes `status reason CRLF` and the fields as `name: value CRLF`, names in lower case, at `target`: its end. At most
 * the head and a blank a field: fits the scratch buffer.
 */
export function emitResponse(exchange: Exchange, target: usize): usize {
  const head = exchange.buffer;
  const stop = head + exchange.line - 2;
  memory.copy(target, head + CODE, 3);
  store<u8>(target + 3, SPACE);
  memory.copy(target + 4, head + exchange.reasonOffset, exchange.reasonLength);
  let end = target + 4 + exchange.reasonLength;
  store<u16>(end, CRLF);
  end += 2;
  for (let at = head + exchange.fieldsOffset; at < stop;) {
    const colon = skipToken(at, stop);
    for (; at < colon; at++) store<u8>(end++, toLower(load<u8>(at)));
    store<u8>(end, COLON);
    store<u8>(end + 1, SPACE);
    const lineEnd = skipValue(colon + 1, stop);
    const value = skipBlanks(colon + 1, lineEnd);
    const length = trimBlanks(value, lineEnd) - value;
    memory.copy(end + 2, value, length);
    store<u16>(end + 2 + length, CRLF);
    end += 4 + length;
    at = lineEnd + 2;
  }
  return end;
}
