/**
 * Whose a request is, as its Host field and an absolute target say it (RFC 9112 sections 3.2 and 3.2.2).
 *
 * Tests: conformance.test.ts
 */
import { COLON, matches, skipHost, toLower } from "./characters";
import { Connection } from "./connection";

const SLASH: u8 = 0x2f;
const QUESTION: u8 = 0x3f;
const CLOSING_BRACKET: u8 = 0x5d;
/** "://" */
const SCHEME_END: usize = 3;

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
  if (skipHost(authority, end) != end) return false;
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
