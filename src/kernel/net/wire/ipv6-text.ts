/**
 * IPv6 addresses as people write them: `2001:db8::15`, `2001:db8::15/64`, `::ffff:10.0.2.15` (RFC 4291 2.2, 2.3).
 *
 * No zone: the machine has one link.
 *
 * Tests: src/kernel/net/ip/network6.test.ts, src/kernel/net/policy/agreement.test.ts
 */
import { NOT_AN_ADDRESS, parseIpv4Text } from "./ipv4-text";

const COLON: u8 = 0x3a;
const SLASH: u8 = 0x2f;
const DOT: u8 = 0x2e;
const GROUPS: u32 = 8;

/** The address that was read last. */
export let textHigh: u64 = 0;
export let textLow: u64 = 0;
export let textPrefix: u32 = 0;

const groups: usize = memory.data(16, 8); // GROUPS, 2 bytes each

/** Reads an address into `textHigh` and `textLow`: false for what is none. */
export function parseIpv6Text(pointer: usize, length: u32): bool {
  const end = pointer + length;
  let count: u32 = 0;
  /** Groups before `::`; more than there are: it has not come. */
  let gap: u32 = GROUPS + 1;
  let at = pointer;
  if (startsWithGap(at, end)) {
    gap = 0;
    at += 2;
  }
  while (at < end) {
    const stop = endOfGroup(at, end);
    const isLast = stop == end;
    if (isLast && hasDot(at, end)) {
      if (count > GROUPS - 2 || !putIpv4(at, end, count)) return false;
      count += 2;
      break;
    }
    const group = parseGroup(at, stop);
    if (group < 0 || count == GROUPS) return false;
    store<u16>(groups + (count << 1), <u16>group);
    count++;
    if (isLast) break;
    at = stop + 1;
    if (at == end) return false; // a single colon at the end
    if (load<u8>(at) != COLON) continue;
    if (gap <= GROUPS) return false; // a second gap
    gap = count;
    at++;
  }
  if (gap > GROUPS ? count != GROUPS : count == GROUPS) return false;
  textHigh = 0;
  textLow = 0;
  const missing = GROUPS - count;
  for (let index: u32 = 0; index < count; index++) {
    put(index < gap ? index : index + missing, load<u16>(groups + (index << 1)));
  }
  return true;
}

/** Reads `ADDRESS/LENGTH`, the length into `textPrefix`. */
export function parseIpv6Network(pointer: usize, length: u32): bool {
  const end = pointer + length;
  let slash = pointer;
  while (slash < end && load<u8>(slash) != SLASH) slash++;
  const digits = <i32>(end - slash) - 1;
  if (digits < 1 || digits > 3 || !parseIpv6Text(pointer, <u32>(slash - pointer))) return false;
  let number: u32 = 0;
  for (let at = slash + 1; at < end; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return false;
    number = number * 10 + digit;
  }
  if (digits > 1 && load<u8>(slash + 1) == 0x30) return false;
  textPrefix = number;
  return number <= 128;
}

function startsWithGap(at: usize, end: usize): bool {
  return at + 2 <= end && load<u8>(at) == COLON && load<u8>(at + 1) == COLON;
}

function endOfGroup(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != COLON) at++;
  return at;
}

function hasDot(at: usize, end: usize): bool {
  for (; at < end; at++) if (load<u8>(at) == DOT) return true;
  return false;
}

function putIpv4(at: usize, end: usize, count: u32): bool {
  const address = parseIpv4Text(at, <u32>(end - at));
  if (address == NOT_AN_ADDRESS) return false;
  store<u16>(groups + (count << 1), <u16>(address >> 16));
  store<u16>(groups + ((count + 1) << 1), <u16>address);
  return true;
}

/** One to four hexadecimal digits, or -1. */
function parseGroup(at: usize, end: usize): i32 {
  const digits = <i32>(end - at);
  if (digits < 1 || digits > 4) return -1;
  let value: i32 = 0;
  for (; at < end; at++) {
    const character = <i32>load<u8>(at);
    let digit = character - 0x30;
    if (digit < 0 || digit > 9) {
      digit = (character | 0x20) - 0x61 + 10;
      if (digit < 10 || digit > 15) return -1;
    }
    value = (value << 4) | digit;
  }
  return value;
}

function put(group: u32, value: u16): void {
  const shift = <u64>(48 - ((group & 3) << 4));
  if (group < 4) textHigh |= (<u64>value) << shift;
  else textLow |= (<u64>value) << shift;
}
