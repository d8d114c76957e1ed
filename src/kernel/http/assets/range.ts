/**
 * A range of bytes (RFC 9110 section 14.1.2). One is served; of several the whole content is, as 14.2 allows: what asks
 * for many small ones costs a server more than it gives.
 */
import { matches } from "../characters";

export const enum RangeResult {
  /** None that means anything here: the whole content is the answer. */
  None = 0,
  Satisfiable = 1,
  Unsatisfiable = 2,
}

const UNIT: u32 = 6; // "bytes="
const HYPHEN: u8 = 0x2d;
const DIGITS_LIMIT: usize = 18;

/** Of a satisfiable range. */
export let rangeStart: u32 = 0;
export let rangeLength: u32 = 0;

export function readRange(value: usize, length: u32, size: u32): RangeResult {
  const stop = value + length;
  if (length < UNIT || !matches(value, UNIT, "bytes=")) return RangeResult.None;
  const first = value + UNIT;
  let hyphen = first;
  while (hyphen < stop && load<u8>(hyphen) != HYPHEN) hyphen++;
  if (hyphen == stop) return RangeResult.None;
  const from = number(first, hyphen);
  const to = number(hyphen + 1, stop);
  if (from == BROKEN || to == BROKEN || (from == ABSENT && to == ABSENT)) return RangeResult.None;
  if (from == ABSENT) return takeSuffix(to, size);
  if (to != ABSENT && to < from) return RangeResult.None;
  if (from >= <i64>size) return RangeResult.Unsatisfiable;
  const last = to == ABSENT ? <i64>size - 1 : min(to, <i64>size - 1);
  rangeStart = <u32>from;
  rangeLength = <u32>(last - from + 1);
  return RangeResult.Satisfiable;
}

function takeSuffix(count: i64, size: u32): RangeResult {
  if (count == 0) return RangeResult.Unsatisfiable;
  // There is no way to name all bytes of nothing.
  if (size == 0) return RangeResult.None;
  rangeLength = <u32>min(count, <i64>size);
  rangeStart = size - rangeLength;
  return RangeResult.Satisfiable;
}

const ABSENT: i64 = -1;
const BROKEN: i64 = -2;

/** Decimal digits; more than any content has bytes are as good as the most. */
function number(at: usize, stop: usize): i64 {
  if (at == stop) return ABSENT;
  let value: i64 = 0;
  const isLong = stop - at > DIGITS_LIMIT;
  for (; at < stop; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return BROKEN;
    if (!isLong) value = value * 10 + <i64>digit;
  }
  return isLong ? i64.MAX_VALUE : value;
}
