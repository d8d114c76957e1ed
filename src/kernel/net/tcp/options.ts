/**
 * TCP options (RFC 9293 3.2, RFC 7323 2.2). Read from and written into segments with SYN only; selective
 * acknowledgments and time stamps have their place here when they come.
 *
 * Tests: options.test.ts
 */
import { load16be, store16be } from "../../memory/bytes";
import { DEFAULT_SEGMENT_SIZE, SCALE_LIMIT } from "./limits";

const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const WINDOW_SCALE: u8 = 3;

const SEGMENT_SIZE_OPTION: u32 = 4;
const SCALE_OPTION: u32 = 4; // padded

/** The peer does not scale its window, nor may we. */
export const NO_SCALE: u8 = 0xff;

/** What the last `parseOptions` found. */
export let offeredSegmentSize: u32 = DEFAULT_SEGMENT_SIZE;
export let offeredScale: u8 = NO_SCALE;

/** Reads the options of a segment with SYN. An option that does not fit ends the list; unknown ones are skipped. */
export function parseOptions(pointer: usize, length: u32): void {
  offeredSegmentSize = DEFAULT_SEGMENT_SIZE;
  offeredScale = NO_SCALE;
  let at: u32 = 0;
  while (at < length) {
    const kind = load<u8>(pointer + at);
    if (kind == END) return;
    if (kind == NO_OPERATION) {
      at++;
      continue;
    }
    if (at + 2 > length) return;
    const size = <u32>load<u8>(pointer + at + 1);
    if (size < 2 || at + size > length) return;
    if (kind == MAXIMUM_SEGMENT_SIZE && size == 4) offeredSegmentSize = load16be(pointer + at + 2);
    else if (kind == WINDOW_SCALE && size == 3) offeredScale = min(load<u8>(pointer + at + 2), SCALE_LIMIT);
    at += size;
  }
}

/** Writes our options, `scale` only where it is not `NO_SCALE`: how many bytes. */
export function emitOptions(pointer: usize, segmentSize: u32, scale: u8): u32 {
  store<u8>(pointer, MAXIMUM_SEGMENT_SIZE);
  store<u8>(pointer, 4, 1);
  store16be(pointer, <u16>segmentSize, 2);
  if (scale == NO_SCALE) return SEGMENT_SIZE_OPTION;
  store<u8>(pointer, NO_OPERATION, 4);
  store<u8>(pointer, WINDOW_SCALE, 5);
  store<u8>(pointer, 3, 6);
  store<u8>(pointer, scale, 7);
  return SEGMENT_SIZE_OPTION + SCALE_OPTION;
}
