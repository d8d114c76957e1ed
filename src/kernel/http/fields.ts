/**
 * The few field names that mean something to the server itself. No two in one table have the same length, so the
 * length alone finds the candidate, and most fields cost one bit test.
 */
import { spells, storeText } from "./characters";

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
/** Of each length the one name, with room to its right. */
const NAME_SIZE: usize = 24;

const requestNames: usize = memory.data(432, 8); // (LONGEST + 1) * NAME_SIZE
const responseNames: usize = memory.data(432, 8);
const REQUEST_LENGTHS: u32 = (1 << 4) | (1 << 6) | (1 << 10) | (1 << 14) | (1 << 17);
const RESPONSE_LENGTHS: u32 = (1 << 4) | (1 << 10) | (1 << 14) | (1 << 17);

export function startFields(): void {
  keepName(requestNames, "host");
  keepName(requestNames, "expect");
  keepName(responseNames, "date");
  for (let table = requestNames; ; table = responseNames) {
    keepName(table, "connection");
    keepName(table, "content-length");
    keepName(table, "transfer-encoding");
    if (table == responseNames) return;
  }
}

function keepName(table: usize, name: string): void {
  storeText(table + <usize>name.length * NAME_SIZE, name);
}

/** The `RequestField` that this name, a token, is, or 0. */
export function requestField(name: usize, length: u32): u32 {
  if (length > LONGEST || ((REQUEST_LENGTHS >> length) & 1) == 0) return 0;
  return spells(name, length, requestNames + <usize>length * NAME_SIZE) ? length : 0;
}

/** The `ResponseField` that this name, a token, is, or 0. */
export function responseField(name: usize, length: u32): u32 {
  if (length > LONGEST || ((RESPONSE_LENGTHS >> length) & 1) == 0) return 0;
  return spells(name, length, responseNames + <usize>length * NAME_SIZE) ? length : 0;
}
