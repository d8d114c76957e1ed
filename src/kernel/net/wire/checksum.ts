/**
 * The Internet checksum (RFC 1071), eight bytes at a step.
 *
 * One's complement addition does not care about byte order, so the bytes are summed as the machine loads them
 * and swapped once at the end.
 *
 * Tests: checksum.test.ts
 */
import { store16be } from "../../memory/bytes";

/**
 * The checksum to store, in host order, of `length` bytes at `pointer` on top of `sum`.
 *
 * `sum` is in host order of big-endian words, as `pseudoHeaderSum` gives it. A range that contains its own
 * right checksum gives 0.
 */
export function checksum(sum: u64, pointer: usize, length: u32): u16 {
  // Two accumulators of 32-bit words: 2^32 words would fit before one overflows.
  let low: u64 = 0;
  let high: u64 = 0;
  const end = pointer + length;
  while (pointer + 8 <= end) {
    const word = load<u64>(pointer);
    low += word & 0xffff_ffff;
    high += word >> 32;
    pointer += 8;
  }
  let rest = low + high;
  if (pointer + 4 <= end) {
    rest += load<u32>(pointer);
    pointer += 4;
  }
  if (pointer + 2 <= end) {
    rest += load<u16>(pointer);
    pointer += 2;
  }
  if (pointer < end) rest += load<u8>(pointer);
  const swapped = bswap<u16>(fold(rest));
  return ~fold(sum + <u64>swapped);
}

/** Completes a checksum at whose place, `at` bytes from `pointer` on, the sum of the pseudo-header stands. */
export function finishChecksum(pointer: usize, length: u32, at: u32): void {
  store16be(pointer, checksum(0, pointer, length), at);
}

/** Folds a sum of 16- and 32-bit words to 16 bits, carries added back. */
export function fold(sum: u64): u16 {
  sum = (sum & 0xffff_ffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return <u16>sum;
}
