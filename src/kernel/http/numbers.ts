/**
 * Numbers as messages write them: lengths in decimal, sizes of chunks in hexadecimal.
 */
import { copyShort } from "./characters";

/** 10^18 - 1 is the largest length: it fits an i64. */
export const LENGTH_DIGITS: usize = 18;

/** The number, or -1 where a byte is no digit. At most 18 digits. */
export function parseDecimal(at: usize, stop: usize): i64 {
  let number: i64 = 0;
  for (; at < stop; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return -1;
    number = number * 10 + <i64>digit;
  }
  return number;
}

/** The digit's value, or -1 where it is none. */
export function hexDigit(character: u8): i32 {
  const digit = <i32>character - 0x30;
  if (digit >= 0 && digit <= 9) return digit;
  const letter = ((<i32>character) | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

/** The longest number, and room for `copyShort` to read on. */
const DIGITS_SIZE: usize = 24;
const digits: usize = memory.data(32);

/** Writes `number` in decimal: the address after it. */
export function emitDecimal(at: usize, number: u64): usize {
  let first = digits + DIGITS_SIZE;
  do {
    first--;
    store<u8>(first, <u8>(0x30 + (number % 10)));
    number /= 10;
  } while (number != 0);
  return copyShort(at, first, digits + DIGITS_SIZE - first);
}

/** Writes `number` in hexadecimal: the address after it. */
export function emitHexadecimal(at: usize, number: u32): usize {
  let shift: u32 = number == 0 ? 0 : (31 - clz(number)) & ~3;
  while (true) {
    const digit = <u8>((number >> shift) & 15);
    store<u8>(at++, digit < 10 ? 0x30 + digit : 0x57 + digit);
    if (shift == 0) return at;
    shift -= 4;
  }
}
