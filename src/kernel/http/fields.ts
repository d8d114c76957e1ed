/**
 * The few field names that mean something to the server itself. No two in one table have the same length, so the
 * length alone finds the candidate, and most fields cost one bit test.
 */
import { matches } from "./characters";

/** The known fields, each by its name's length. 0 is any other. */
export const enum RequestField {
  Host = 4,
  Expect = 6,
  Connection = 10,
  ContentLength = 14,
  TransferEncoding = 17,
}

export const enum ResponseField {
  Date = 4,
  Connection = 10,
  ContentLength = 14,
  TransferEncoding = 17,
}

const LONGEST: u32 = 17;

// prettier-ignore
const REQUEST_NAMES: StaticArray<string> = [
  "", "", "", "", "host", "", "expect", "", "", "", "connection", "", "", "", "content-length", "", "",
  "transfer-encoding",
];
const REQUEST_LENGTHS: u32 = (1 << 4) | (1 << 6) | (1 << 10) | (1 << 14) | (1 << 17);

// prettier-ignore
const RESPONSE_NAMES: StaticArray<string> = [
  "", "", "", "", "date", "", "", "", "", "", "connection", "", "", "", "content-length", "", "",
  "transfer-encoding",
];
const RESPONSE_LENGTHS: u32 = (1 << 4) | (1 << 10) | (1 << 14) | (1 << 17);

/** The `RequestField` that this name is, or 0. */
export function requestField(name: usize, length: u32): u32 {
  if (length > LONGEST || ((REQUEST_LENGTHS >> length) & 1) == 0) return 0;
  return matches(name, length, unchecked(REQUEST_NAMES[length])) ? length : 0;
}

/** The `ResponseField` that this name is, or 0. */
export function responseField(name: usize, length: u32): u32 {
  if (length > LONGEST || ((RESPONSE_LENGTHS >> length) & 1) == 0) return 0;
  return matches(name, length, unchecked(RESPONSE_NAMES[length])) ? length : 0;
}
