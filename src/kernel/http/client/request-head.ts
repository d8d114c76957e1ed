/**
 * The head of a request, from what the app gave to what is sent (RFC 9112 sections 3 and 5).
 *
 *   GET http://host:port/path?query CR LF          GET /path?query HTTP/1.1 CR LF
 *   name: value CR LF ...                   ──►    Host: host:port CR LF
 *                                                  name: value CR LF ...
 *                                                  Content-Length or Transfer-Encoding CR LF CR LF
 *
 * Everything is checked, so that no value can end its line; fields that say where the message ends, or what becomes of
 * the stream, are the client's to send.
 *
 * Tests: client.test.ts
 */
import {
  COLON,
  CR,
  CRLF,
  matches,
  skipTarget,
  skipToken,
  skipValue,
  SPACE,
  storeText,
  toLower,
} from "../characters";
import { METHOD_LIMIT } from "../limits";
import { emitDecimal } from "../numbers";
import { Exchange } from "./exchange";
import { FIELD_LIMIT, HOST_LIMIT } from "./limits";
import { switchingProtocol } from "./switching";

const SLASH: u8 = 0x2f;
const QUESTION: u8 = 0x3f;
const BRACKET: u8 = 0x5b;
const BRACKET_END: u8 = 0x5d;
const DEFAULT_PORT: u16 = 80;
const LAST_PORT: u32 = 65535;
const PORT_DIGITS: u32 = 5;
const SCHEME_SIZE: u32 = 7; // "http://"
/** What a composed head may have beyond the app's: version, Host, framing or an upgrade, the empty line. */
export const COMPOSED_EXTRA: u32 = 256 + HOST_LIMIT;

const HEAD: u32 = 0x44414548;

/** The method of the request that is being composed means something by a body. */
let meansBody: bool = false;
let at: usize = 0;
let stop: usize = 0;
let authority: usize = 0;
let authorityEnd: usize = 0;

/**
 * Reads the app's head at `source` and composes the request's at `target`, which has `COMPOSED_EXTRA` bytes more room:
 * its end, or 0 where the app's is refused. Sets host, port and what the method says of the exchange.
 */
export function composeRequest(exchange: Exchange, source: usize, length: u32, target: usize): usize {
  at = source;
  stop = source + length;
  const methodEnd = skipToken(at, stop);
  if (methodEnd == at || methodEnd - at > METHOD_LIMIT || methodEnd == stop) return 0;
  if (load<u8>(methodEnd) != SPACE || !readMethod(exchange, at, <u32>(methodEnd - at))) return 0;
  let end = copyBytes(target, at, methodEnd + 1);
  at = methodEnd + 1;
  if (!readAuthority(exchange)) return 0;
  end = emitTarget(end);
  if (end == 0) return 0;
  end = storeText(end, " HTTP/1.1\r\nHost: ");
  end = copyBytes(end, authority, authorityEnd);
  store<u16>(end, CRLF);
  end = emitFields(end + 2);
  return end == 0 ? 0 : emitFraming(exchange, end);
}

/** False for methods that turn the stream into something else (RFC 9110 sections 9.3.6 and 9.3.8). */
function readMethod(exchange: Exchange, method: usize, length: u32): bool {
  if (matches(method, length, "connect") || matches(method, length, "trace")) return false;
  exchange.isHead = length == 4 && load<u32>(method) == HEAD;
  const isPut = matches(method, length, "put");
  meansBody = isPut || matches(method, length, "post") || matches(method, length, "patch");
  exchange.isIdempotent =
    isPut ||
    exchange.isHead ||
    matches(method, length, "get") ||
    matches(method, length, "delete") ||
    matches(method, length, "options");
  return true;
}

/** "http://" host [":" port]; no user, and no port 0. */
function readAuthority(exchange: Exchange): bool {
  if (at + SCHEME_SIZE >= stop || !matches(at, SCHEME_SIZE, "http://")) return false;
  authority = at + SCHEME_SIZE;
  const isLiteral = load<u8>(authority) == BRACKET;
  let end = isLiteral ? authority + 1 : authority;
  while (end < stop && isHostByte(load<u8>(end), isLiteral)) end++;
  if (isLiteral) {
    if (end == stop || load<u8>(end) != BRACKET_END) return false;
    end++;
  }
  const host = isLiteral ? authority + 1 : authority;
  const length = <u32>(end - authority) - (isLiteral ? 2 : 0);
  if (length == 0 || length > HOST_LIMIT) return false;
  exchange.hostLength = length;
  for (let index: u32 = 0; index < length; index++) {
    store<u8>(exchange.host + index, toLower(load<u8>(host + index)));
  }
  exchange.port = DEFAULT_PORT;
  authorityEnd = end;
  if (end < stop && load<u8>(end) == COLON && !readPort(exchange, end + 1)) return false;
  at = authorityEnd;
  return true;
}

function readPort(exchange: Exchange, first: usize): bool {
  let port: u32 = 0;
  let end = first;
  for (; end < stop && end < first + PORT_DIGITS; end++) {
    const digit = <u32>load<u8>(end) - 0x30;
    if (digit > 9) break;
    port = port * 10 + digit;
  }
  if (end == first || port == 0 || port > LAST_PORT) return false;
  exchange.port = <u16>port;
  authorityEnd = end;
  return true;
}

/** Letters, digits, "-", ".", "_"; inside brackets, hexadecimal digits, ":" and ".". */
function isHostByte(character: u8, isLiteral: bool): bool {
  const letter = character | 0x20;
  if (character == 0x2e || character - 0x30 < 10) return true;
  if (isLiteral) return character == COLON || letter - 0x61 < 6;
  return letter - 0x61 < 26 || character == 0x2d || character == 0x5f;
}

/** The path and query up to the line's end. Leaves `at` at the first field. */
function emitTarget(end: usize): usize {
  const targetEnd = skipTarget(at, stop);
  if (targetEnd + 2 > stop || load<u16>(targetEnd) != CRLF) return 0;
  const first = load<u8>(at);
  if (first == QUESTION || first == CR) store<u8>(end++, SLASH);
  else if (first != SLASH) return 0;
  end = copyBytes(end, at, targetEnd);
  at = targetEnd + 2;
  return end;
}

function emitFields(end: usize): usize {
  for (let count: u32 = 0; at < stop; count++) {
    const colon = skipToken(at, stop);
    if (count == FIELD_LIMIT || colon == at || colon == stop || load<u8>(colon) != COLON) return 0;
    const lineEnd = skipValue(colon + 1, stop);
    if (lineEnd + 2 > stop || load<u16>(lineEnd) != CRLF) return 0;
    if (!isOurs(at, <u32>(colon - at))) end = copyBytes(end, at, lineEnd + 2);
    at = lineEnd + 2;
  }
  return end;
}

/** Fields that are the client's to send, or that it does not speak. */
function isOurs(name: usize, length: u32): bool {
  return (
    matches(name, length, "host") ||
    matches(name, length, "content-length") ||
    matches(name, length, "transfer-encoding") ||
    matches(name, length, "connection") ||
    matches(name, length, "keep-alive") ||
    matches(name, length, "proxy-connection") ||
    matches(name, length, "upgrade") ||
    matches(name, length, "expect") ||
    matches(name, length, "trailer") ||
    matches(name, length, "te")
  );
}

/** RFC 9110 section 8.6: a length of 0 is said where a body would mean something. */
function emitFraming(exchange: Exchange, end: usize): usize {
  if (exchange.switches) {
    end = switchingProtocol().emitFields(exchange, end);
  } else if (exchange.bodySize < 0) {
    end = storeText(end, "Transfer-Encoding: chunked\r\n");
  } else if (exchange.bodySize != 0 || meansBody) {
    end = emitDecimal(storeText(end, "Content-Length: "), <u64>exchange.bodySize);
    store<u16>(end, CRLF);
    end += 2;
  }
  store<u16>(end, CRLF);
  return end + 2;
}

function copyBytes(to: usize, from: usize, end: usize): usize {
  memory.copy(to, from, end - from);
  return to + (end - from);
}
