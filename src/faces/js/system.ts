/**
 * What the engine expects of an operating system, as its C library asks for it: output, time, room to grow.
 * It has no files and no environment here, and local time is UTC.
 *
 * Exported as `face.<name>` to the engine; `src/image/engine.ts` gives the imports these names.
 */
import { exit } from "skerry/native/app";
import { realtime } from "skerry/native/clock";
import { write } from "skerry/native/console";
import { QTS_FreeCString, QTS_GetString } from "./engine";
import { askForCollection } from "./heap";
import { textLength } from "./value";

const PAGE_BYTES: u32 = 0x10000;
/** The heap grows by an eighth, but at least by this, so that it does not grow page by page. */
const LEAST_GROWTH_PAGES: i32 = 16;
const NS_PER_MS: i64 = 1_000_000;
const ERRORS: i32 = 2;
const ABORTED_STATUS: i32 = 134;
/** WASI error numbers: not supported, bad seek. */
const NOT_SUPPORTED: i32 = 52;
const NO_SEEK: i32 = 70;

/** The engine's heap needs this many bytes of memory in all: 1, or 0 where the limit is reached. */
export function resizeHeap(wanted: u32): i32 {
  const pages = memory.size();
  const needed = <i32>((<u64>wanted + PAGE_BYTES - 1) / PAGE_BYTES) - pages;
  if (needed <= 0) return 1;
  askForCollection();
  const generous = max(needed, max(LEAST_GROWTH_PAGES, pages >> 3));
  return memory.grow(generous) >= 0 || memory.grow(needed) >= 0 ? 1 : 0;
}

/** iovec: pointer, length. Only the engine's own last words come this way. */
export function fdWrite(stream: i32, vectors: usize, count: i32, writtenSlot: usize): i32 {
  let written: u32 = 0;
  for (let index = 0; index < count; index++) {
    const length = load<u32>(vectors, 4);
    write(stream == 1 ? 1 : ERRORS, load<u32>(vectors), length);
    written += length;
    vectors += 8;
  }
  store<u32>(writtenSlot, written);
  return 0;
}

export function fdClose(_stream: i32): i32 {
  return NOT_SUPPORTED;
}

export function fdSeek(_stream: i32, _offset: i64, _whence: i32, _result: usize): i32 {
  return NO_SEEK;
}

export function environmentGet(_pointers: usize, _text: usize): i32 {
  return 0;
}

export function environmentSizesGet(countSlot: usize, sizeSlot: usize): i32 {
  store<u32>(countSlot, 0);
  store<u32>(sizeSlot, 0);
  return 0;
}

export function dateNow(): f64 {
  return <f64>(realtime() / NS_PER_MS);
}

/** C's `struct tm` for a time in seconds, in UTC (days to civil date by the 400-year cycle of 146097 days). */
export function localTime(seconds: i64, tm: usize): void {
  let days = seconds / 86400;
  let rest = <i32>(seconds % 86400);
  if (rest < 0) {
    rest += 86400;
    days--;
  }
  const shifted = days + 719468; // from 0000-03-01
  const era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const dayOfEra = <i32>(shifted - era * 146097);
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const monthFromMarch = (5 * dayFromMarch + 2) / 153;
  const month = monthFromMarch < 10 ? monthFromMarch + 2 : monthFromMarch - 10;
  const year = <i32>(era * 400) + yearOfEra + (month < 2 ? 1 : 0);
  const leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  store<i32>(tm, rest % 60);
  store<i32>(tm, (rest / 60) % 60, 4);
  store<i32>(tm, rest / 3600, 8);
  store<i32>(tm, dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1, 12);
  store<i32>(tm, month, 16);
  store<i32>(tm, year - 1900, 20);
  store<i32>(tm, <i32>((((days + 4) % 7) + 7) % 7), 24);
  store<i32>(tm, month < 2 ? dayFromMarch - 306 : dayFromMarch + 59 + (leap ? 1 : 0), 28);
  store<i32>(tm, 0, 32);
  store<i32>(tm, 0, 36);
}

export function setTimeZone(secondsSlot: usize, daylightSlot: usize, name: usize, daylightName: usize): void {
  store<i32>(secondsSlot, 0);
  store<i32>(daylightSlot, 0);
  store<u32>(name, 0x00435455); // "UTC"
  store<u32>(daylightName, 0x00435455);
}

/** The engine sets no timers. */
export function setIntervalTimer(_which: i32, _ms: f64): i32 {
  return -1;
}

export function clearKeepalive(): void {}

export function processExit(status: i32): void {
  exit(status);
  unreachable();
}

export function abort(): void {
  exit(ABORTED_STATUS);
  unreachable();
}

/** A failed assert of the engine's C code: prints the expression and stops. */
export function assertFail(condition: usize, _file: usize, _line: i32, _function: usize): void {
  let length: u32 = 0;
  while (load<u8>(condition + length) != 0) length++;
  write(ERRORS, condition, length);
  abort();
}

/** Prints a value as the engine turns it into text. */
export function printText(context: usize, box: usize): void {
  const text = QTS_GetString(context, box);
  if (text == 0) return;
  write(ERRORS, text, textLength(text));
  QTS_FreeCString(context, text);
}
