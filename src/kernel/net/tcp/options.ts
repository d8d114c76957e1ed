/**
 * TCP options (RFC 9293 3.2): segment size, window scale and time stamps (RFC 7323), selective acknowledgments
 * (RFC 2018).
 *
 *   SYN:    | 2 4 size | 1 3 3 shift | 4 2 8 10 value echo |        each part only where both sides have it
 *   others: | 1 1 8 10 value echo | 1 1 5 n (start end)... |
 *
 * Segments of an open connection mostly carry time stamps in exactly this form or nothing: that is looked at first.
 *
 * Tests: options.test.ts
 */
import { load16be, load32be, store16be, store32be } from "../../memory/bytes";
import { DEFAULT_SEGMENT_SIZE, SACK_BLOCK_LIMIT, SCALE_LIMIT } from "./limits";

const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SELECTIVE_PERMITTED: u8 = 4;
const SELECTIVE: u8 = 5;
const TIME_STAMPS: u8 = 8;

const SEGMENT_SIZE_OPTION: u32 = 4;
const SCALE_OPTION: u32 = 4; // padded
const PERMITTED_OPTION: u32 = 4; // padded
/** Bytes of the time stamps option, padded. */
export const STAMP_OPTION: u32 = 12;
/** As it stands on the wire: no operation, no operation, 8, 10. */
const STAMP_PREFIX: u32 = 0x0a08_0101;
const SELECTIVE_PREFIX: u32 = 0x0005_0101;
export const SACK_HEADER: u32 = 4;
export const SACK_BLOCK: u32 = 8;

/** The peer does not scale its window, nor may we. */
export const NO_SCALE: u8 = 0xff;

/** What the last `parseOptions` found. */
export let offeredSegmentSize: u32 = DEFAULT_SEGMENT_SIZE;
export let offeredScale: u8 = NO_SCALE;
export let offeredSelective: bool = false;
export let stamped: bool = false;
/** The sender's clock, TSval, and ours as it last saw it, TSecr. */
export let stamp: u32 = 0;
export let echo: u32 = 0;
/** Blocks of a selective acknowledgment: `blockAt` gives each. */
export let blockCount: u32 = 0;
let blocks: usize = 0;

/** Reads a segment's options. An option that does not fit ends the list; unknown ones are skipped. */
export function parseOptions(pointer: usize, length: u32): void {
  blockCount = 0;
  if (length == STAMP_OPTION && load<u32>(pointer) == STAMP_PREFIX) return takeStamps(pointer + 4);
  stamped = false;
  if (length > 0) parseEach(pointer, length);
}

function parseEach(pointer: usize, length: u32): void {
  offeredSegmentSize = DEFAULT_SEGMENT_SIZE;
  offeredScale = NO_SCALE;
  offeredSelective = false;
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
    takeOption(kind, size, pointer + at + 2);
    at += size;
  }
}

function takeOption(kind: u8, size: u32, value: usize): void {
  if (kind == MAXIMUM_SEGMENT_SIZE && size == 4) offeredSegmentSize = load16be(value);
  else if (kind == WINDOW_SCALE && size == 3) offeredScale = min(load<u8>(value), SCALE_LIMIT);
  else if (kind == SELECTIVE_PERMITTED && size == 2) offeredSelective = true;
  else if (kind == TIME_STAMPS && size == 10) takeStamps(value);
  else if (kind == SELECTIVE && size > 2 && (size - 2) % SACK_BLOCK == 0) {
    blocks = value;
    blockCount = min((size - 2) / SACK_BLOCK, SACK_BLOCK_LIMIT);
  }
}

function takeStamps(value: usize): void {
  stamped = true;
  stamp = load32be(value);
  echo = load32be(value, 4);
}

/** What a SYN without options offers; `parseOptions` leaves the last SYN's offer alone where there are none. */
export function forgetOffer(): void {
  offeredSegmentSize = DEFAULT_SEGMENT_SIZE;
  offeredScale = NO_SCALE;
  offeredSelective = false;
  stamped = false;
}

/** As if a SYN had offered this, besides the stamps that were read. */
export function recallOffer(segmentSize: u32, scale: u8, selective: bool): void {
  offeredSegmentSize = segmentSize;
  offeredScale = scale;
  offeredSelective = selective;
}

export function blockStart(index: u32): u32 {
  return load32be(blocks + index * SACK_BLOCK);
}

export function blockEnd(index: u32): u32 {
  return load32be(blocks + index * SACK_BLOCK, 4);
}

/** Writes a SYN's options, `scale` only where it is not `NO_SCALE`: how many bytes. Stamps are written behind them. */
export function emitOptions(pointer: usize, segmentSize: u32, scale: u8, selective: bool): u32 {
  store<u8>(pointer, MAXIMUM_SEGMENT_SIZE);
  store<u8>(pointer, 4, 1);
  store16be(pointer, <u16>segmentSize, 2);
  let size = SEGMENT_SIZE_OPTION;
  if (scale != NO_SCALE) {
    store<u8>(pointer + size, NO_OPERATION);
    store<u8>(pointer + size, WINDOW_SCALE, 1);
    store<u8>(pointer + size, 3, 2);
    store<u8>(pointer + size, scale, 3);
    size += SCALE_OPTION;
  }
  if (selective) {
    store<u16>(pointer + size, 0x0101);
    store<u8>(pointer + size, SELECTIVE_PERMITTED, 2);
    store<u8>(pointer + size, 2, 3);
    size += PERMITTED_OPTION;
  }
  return size;
}

/** Writes time stamps: `STAMP_OPTION` bytes. */
export function emitStamps(pointer: usize, value: u32, answer: u32): void {
  store<u32>(pointer, STAMP_PREFIX);
  store32be(pointer, value, 4);
  store32be(pointer, answer, 8);
}

/** Writes the head of a selective acknowledgment of `count` blocks, which stand behind it. */
export function emitBlockHeader(pointer: usize, count: u32): void {
  store<u32>(pointer, SELECTIVE_PREFIX | ((2 + count * SACK_BLOCK) << 24));
}

export function emitBlock(pointer: usize, index: u32, start: u32, end: u32): void {
  store32be(pointer + index * SACK_BLOCK, start);
  store32be(pointer + index * SACK_BLOCK, end, 4);
}
