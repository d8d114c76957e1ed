/**
 * IPv4 addresses as people write them: `10.0.2.15`, `10.0.2.15/24` (RFC 4632 3.1).
 *
 * Strict: four decimal numbers without leading zeros, which some read as octal (RFC 6943 3.1.1).
 *
 * Tests: ipv4.test.ts
 */
export const NOT_AN_ADDRESS: i64 = -1;

const DOT: u8 = 0x2e;
const SLASH: u8 = 0x2f;
const ZERO: u8 = 0x30;

/** The address in the low 32 bits, or `NOT_AN_ADDRESS`. */
export function parseIpv4Text(pointer: usize, length: u32): i64 {
  let address: u32 = 0;
  const end = pointer + length;
  for (let part = 0; part < 4; part++) {
    let stop = pointer;
    while (stop < end && load<u8>(stop) != DOT) stop++;
    const number = parseNumber(pointer, stop, 255);
    if (number < 0 || part < 3 != stop < end) return NOT_AN_ADDRESS;
    address = (address << 8) | (<u32>number);
    pointer = stop + 1;
  }
  return <i64>address;
}

/** Prefix length in bits 32 and up, address in the low 32 bits, or `NOT_AN_ADDRESS`. */
export function parseIpv4Network(pointer: usize, length: u32): i64 {
  const end = pointer + length;
  let slash = pointer;
  while (slash < end && load<u8>(slash) != SLASH) slash++;
  if (slash == end) return NOT_AN_ADDRESS;
  const address = parseIpv4Text(pointer, <u32>(slash - pointer));
  const prefix = parseNumber(slash + 1, end, 32);
  if (address < 0 || prefix < 0) return NOT_AN_ADDRESS;
  return ((<i64>prefix) << 32) | address;
}

function parseNumber(from: usize, end: usize, limit: i32): i32 {
  const digits = <i32>(end - from);
  if (digits < 1 || digits > 3) return -1;
  if (digits > 1 && load<u8>(from) == ZERO) return -1;
  let number: i32 = 0;
  for (; from < end; from++) {
    const digit = <i32>load<u8>(from) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number <= limit ? number : -1;
}
