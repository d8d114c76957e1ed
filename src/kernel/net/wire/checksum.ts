/**
 * The Internet checksum (RFC 1071), 32 bytes at a step.
 *
 * One's complement addition does not care about byte order, so the bytes are summed as the machine loads them
 * and turned once at the end.
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
  // Two sums of 32-bit words: 2^32 words would fit before one overflows.
  let sums = i64x2.splat(0);
  const end = pointer + length;
  while (pointer + 32 <= end) {
    sums = i64x2.add(sums, v128.load_ext<u32>(pointer));
    sums = i64x2.add(sums, v128.load_ext<u32>(pointer, 8));
    sums = i64x2.add(sums, v128.load_ext<u32>(pointer, 16));
    sums = i64x2.add(sums, v128.load_ext<u32>(pointer, 24));
    pointer += 32;
  }
  while (pointer + 16 <= end) {
    sums = i64x2.add(sums, v128.load_ext<u32>(pointer));
    sums = i64x2.add(sums, v128.load_ext<u32>(pointer, 8));
    pointer += 16;
  }
  if (pointer + 8 <= end) {
    sums = i64x2.add(sums, v128.load_ext<u32>(pointer));
    pointer += 8;
  }
  let rest = <u64>i64x2.extract_lane(sums, 0) + <u64>i64x2.extract_lane(sums, 1);
  if (pointer + 4 <= end) {
    rest += load<u32>(pointer);
    pointer += 4;
  }
  if (pointer + 2 <= end) {
    rest += load<u16>(pointer);
    pointer += 2;
  }
  if (pointer < end) rest += load<u8>(pointer);
  // Exchanging the bytes of the folded sum is multiplying the sum by 256: both turn 16 bits by 8, carries added back.
  return ~fold(sum + (rest << 8));
}

/** Completes a checksum at whose place, `at` bytes from `pointer` on, the sum of the pseudo-header stands. */
export function finishChecksum(pointer: usize, length: u32, at: u32): void {
  store16be(pointer, checksum(0, pointer, length), at);
}

/**
 * Folds a sum of 16- and 32-bit words to 16 bits, carries added back: the upper half of a number plus itself with its
 * halves exchanged is the sum of both, with the carry out of it.
 */
export function fold(sum: u64): u16 {
  const half = <u32>((sum + rotl<u64>(sum, 32)) >> 32);
  return <u16>((half + rotl<u32>(half, 16)) >> 16);
}

/** Whether the 20 bytes at `pointer`, which contain their checksum, add up. */
export function isShortHeaderSound(pointer: usize): bool {
  const low = <u64>load<u32>(pointer) + <u64>load<u32>(pointer, 4);
  const high = <u64>load<u32>(pointer, 8) + <u64>load<u32>(pointer, 12);
  return fold(low + high + <u64>load<u32>(pointer, 16)) == 0xffff;
}
