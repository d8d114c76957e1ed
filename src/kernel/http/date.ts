/**
 * The Date field (RFC 9110 sections 5.6.7 and 6.6.1), made at most once a second.
 *
 *   Date: Sun, 06 Nov 1994 08:49:37 GMT CR LF
 *
 * Tests: date.test.ts
 */
import { clockRealtime } from "../cpu/platform";
import { now, SECOND } from "../time/clock";
import { storeText } from "./characters";

export const DATE_SIZE: u32 = 37;

const DAY_SECONDS: i64 = 86400;
/** Days from 0000-03-01 to 1970-01-01, and in 400 years. */
const EPOCH_DAY: i64 = 719468;
const ERA_DAYS: i64 = 146097;

const DAYS: string = "ThuFriSatSunMonTueWed"; // 1970-01-01 was a Thursday
const MONTHS: string = "MarAprMayJunJulAugSepOctNovDecJanFeb";

const line: usize = memory.data(40);
/** The monotonic time at which the next second begins. */
let stale: i64 = i64.MIN_VALUE;

/** Where the field's `DATE_SIZE` bytes stand. */
export function dateLine(): usize {
  const time = now();
  if (time >= stale) {
    const real = max<i64>(clockRealtime(), 0);
    emitDate(line, real / SECOND);
    stale = time + SECOND - (real % SECOND);
  }
  return line;
}

/** Until when, in monotonic ns, the line that `dateLine` gave last is right. */
export function dateEnd(): i64 {
  return stale;
}

/** Writes the field for a time in seconds since 1970. */
export function emitDate(at: usize, seconds: i64): void {
  const day = seconds / DAY_SECONDS;
  const second = <u32>(seconds % DAY_SECONDS);
  at = storeText(at, "Date: ");
  at = storeName(at, DAYS, <usize>(day % 7));
  at = storeText(at, ", ");
  at = emitDay(at, day);
  at = storeTwo(at, second / 3600);
  at = storeText(at, ":");
  at = storeTwo(at, (second / 60) % 60);
  at = storeText(at, ":");
  at = storeTwo(at, second % 60);
  storeText(at, " GMT\r\n");
}

/** Day, month and year of the proleptic Gregorian calendar, in years that start in March. */
function emitDay(at: usize, epochDay: i64): usize {
  const day = epochDay + EPOCH_DAY;
  const era = day / ERA_DAYS;
  const eraDay = day % ERA_DAYS;
  const eraYear = (eraDay - eraDay / 1460 + eraDay / 36524 - eraDay / 146096) / 365;
  const yearDay = eraDay - (365 * eraYear + eraYear / 4 - eraYear / 100);
  const month = (5 * yearDay + 2) / 153; // 0 is March
  const year = <u32>(era * 400 + eraYear + (month >= 10 ? 1 : 0));
  at = storeTwo(at, <u32>(yearDay - (153 * month + 2) / 5 + 1));
  at = storeText(at, " ");
  at = storeName(at, MONTHS, <usize>month);
  at = storeText(at, " ");
  at = storeTwo(at, (year / 100) % 100);
  at = storeTwo(at, year % 100);
  return storeText(at, " ");
}

function storeTwo(at: usize, number: u32): usize {
  store<u8>(at, <u8>(0x30 + number / 10));
  store<u8>(at + 1, <u8>(0x30 + (number % 10)));
  return at + 2;
}

/** The `index`th name of three letters. */
function storeName(at: usize, names: string, index: usize): usize {
  const units = changetype<usize>(names) + index * 6;
  for (let letter: usize = 0; letter < 3; letter++) store<u8>(at + letter, load<u8>(units + (letter << 1)));
  return at + 3;
}
