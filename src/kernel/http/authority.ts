/**
 * Whose a request is, as its Host field and an absolute target say it (RFC 9112 sections 3.2 and 3.2.2).
 *
 * Tests: conformance.test.ts
 */
import { COLON, matches, skipHost, toLower } from "./characters";
import { Connection } from "./connection";
import { hexDigit, LENGTH_DIGITS, parseDecimal } from "./numbers";

const DOT: u8 = 0x2e;
const SLASH: u8 = 0x2f;
const QUESTION: u8 = 0x3f;
const OPENING_BRACKET: u8 = 0x5b;
const CLOSING_BRACKET: u8 = 0x5d;
const ZERO: u8 = 0x30;
const LAST_PORT: i64 = 65535;
const GROUPS: i32 = 8;
const GROUP_DIGITS: usize = 4;
const IPV4_PARTS: i32 = 4;
/** "://" */
const SCHEME_END: usize = 3;

/**
 * Whether [at, stop) is nothing, or a host with or without a port (RFC 9110 section 7.2, RFC 3986 sections 3.2.2
 * and 3.2.3). No escaped characters: a host is compared as it stands by some, and decoded by others. Two bytes follow that
 * may be looked at.
 */
export function isAuthority(at: usize, stop: usize): bool {
  const name = skipHost(at, stop);
  const end = name == at ? skipLiteral(at, stop) : name;
  if (end == stop) return true;
  return end != at && load<u8>(end) == COLON && isPort(end + 1, stop);
}

/** An IPv6 address in brackets: behind it; `at`: there is none. */
function skipLiteral(at: usize, stop: usize): usize {
  if (at == stop || load<u8>(at) != OPENING_BRACKET) return at;
  let end = at + 1;
  while (end < stop && load<u8>(end) != CLOSING_BRACKET) end++;
  return end < stop && isIpv6(at + 1, end) ? end + 1 : at;
}

/** Eight groups, or fewer and one "::"; the last two may be written as IPv4 (RFC 3986 section 3.2.2). */
function isIpv6(at: usize, stop: usize): bool {
  let groups = 0;
  let hasGap = false;
  while (at < stop) {
    if (load<u8>(at) == COLON) {
      if (hasGap || at + 1 == stop || load<u8>(at, 1) != COLON) return false;
      hasGap = true;
      at += 2;
      continue;
    }
    let end = at;
    while (end < stop && end < at + GROUP_DIGITS && hexDigit(load<u8>(end)) >= 0) end++;
    if (end == at) return false;
    if (end < stop && load<u8>(end) == DOT) {
      if (!isIpv4(at, stop)) return false;
      groups += 2;
      break;
    }
    groups++;
    if (end == stop) break;
    if (load<u8>(end) != COLON || end + 1 == stop) return false;
    at = load<u8>(end, 1) == COLON ? end : end + 1;
  }
  return hasGap ? groups < GROUPS : groups == GROUPS;
}

function isIpv4(at: usize, stop: usize): bool {
  for (let part = 1; part < IPV4_PARTS; part++) {
    const end = partEnd(at, stop);
    if (end == stop || !isIpv4Part(at, end)) return false;
    at = end + 1;
  }
  return partEnd(at, stop) == stop && isIpv4Part(at, stop);
}

function partEnd(at: usize, stop: usize): usize {
  while (at < stop && load<u8>(at) != DOT) at++;
  return at;
}

function isIpv4Part(at: usize, stop: usize): bool {
  const digits = stop - at;
  if (digits == 0 || digits > 3 || (digits > 1 && load<u8>(at) == ZERO)) return false;
  const value = parseDecimal(at, stop);
  return value >= 0 && value <= 255;
}

/** An empty one stands for the scheme's own. */
function isPort(at: usize, stop: usize): bool {
  if (stop - at > LENGTH_DIGITS) return false;
  const port = parseDecimal(at, stop);
  return port >= 0 && port <= LAST_PORT;
}

/** Of an authority the part without the port; an IPv6 address stands in brackets. */
export function hostLength(authority: usize, length: u32): u32 {
  for (let index = length; index > 0; index--) {
    const character = load<u8>(authority + index - 1);
    if (character == CLOSING_BRACKET) return length;
    if (character == COLON) return index - 1;
  }
  return length;
}

/**
 * Whether the absolute target of a complete head is on the host that the Host field names. One that is not could be read in
 * two ways: who is before us may have judged the one, and the app sees the other.
 */
export function isTargetOnHost(connection: Connection): bool {
  const target = connection.head + connection.targetOffset;
  const stop = target + connection.targetLength;
  let authority = target;
  while (load<u8>(authority) != COLON) authority++;
  authority += SCHEME_END;
  let end = authority;
  while (end < stop && load<u8>(end) != SLASH && load<u8>(end) != QUESTION) end++;
  // No user either: RFC 9110 section 4.2.4.
  if (!isAuthority(authority, end)) return false;
  const length = hostLength(authority, <u32>(end - authority));
  if (length == 0) return false;
  for (let index: u32 = 0; index < connection.fieldCount; index++) {
    const field = connection.field(index);
    const name = connection.head + <usize>(field & 0xffff);
    if (!matches(name, (<u32>(field >> 16)) & 0xffff, "host")) continue;
    const value = connection.head + <usize>((field >> 32) & 0xffff);
    return isSame(authority, length, value, hostLength(value, <u32>(field >> 48)));
  }
  return true; // HTTP/1.0 needs none
}

function isSame(one: usize, oneLength: u32, other: usize, otherLength: u32): bool {
  if (oneLength != otherLength) return false;
  for (let index: u32 = 0; index < oneLength; index++) {
    if (toLower(load<u8>(one + index)) != toLower(load<u8>(other + index))) return false;
  }
  return true;
}
