/**
 * What stands before a frame where a device helps with it: virtio's header (virtio 1.2, 5.1.6.1), which Linux puts before
 * the frames of a TAP device too (IFF_VNET_HDR).
 *
 *   0       1      2                   4              6          8        10        12
 *   | flags | kind | length of headers | segment size | sum from | sum at | buffers | Ethernet ...
 *
 * Numbers are little-endian. A received header is another's word: a frame whose header makes no sense is nobody's frame.
 *
 * Tests: src/kernel/drivers/virtio/net/offload.test.ts
 */
import { load16be } from "../../memory/bytes";
import { PROTOCOL_TCP } from "../layer";
import { ETHERNET_HEADER_SIZE, EtherType } from "./ethernet";

export const OFFLOAD_HEADER_SIZE: u32 = 12;
/** Of a frame that is cut into segments, or was joined from them: with the header and two bytes before it, 64 KiB. */
export const LONGEST_FRAME: u32 = 65536 - 2 - OFFLOAD_HEADER_SIZE;
/** Nobody joined it, so no cable carries a longer one to us. */
const LONGEST_SINGLE_FRAME: u32 = 2048;

const KIND_AT: usize = 1;
const HEADERS_AT: usize = 2;
const SEGMENT_AT: usize = 4;
const SUM_AT_AT: usize = 8;
const BUFFERS_AT: usize = 10;
/** Of the header's first eight bytes as a word: where the checksum's start stands. */
const SUM_FROM_SHIFT: u64 = 48;

/** The checksum is for whoever gets the frame to complete; or the device found it right. */
const NEEDS_CHECKSUM: u8 = 1;
const DATA_VALID: u8 = 2;

/** VIRTIO_NET_HDR_GSO_*. */
const enum Kind {
  None = 0,
  Tcp4 = 1,
  Tcp6 = 4,
}

/**
 * So many bytes of text go as headers: virtio wants not less than the headers' length, and takes it for a hint (1.2, 5.1.6.2).
 * Linux puts them beside its pages, and does not join such a frame to the one before it in a receiver's queue. The pages of
 * joined frames would come back to us late and many at once, out of the cache. Less than two segments of any size have.
 */
const TEXT_WITH_HEADERS: u32 = 64;

/** Where a TCP header has its length, in words, and where IPv4 and IPv6 name what they carry. */
const DATA_OFFSET_AT: usize = 12;
const PROTOCOL4_AT: usize = ETHERNET_HEADER_SIZE + 9;
const PROTOCOL6_AT: usize = ETHERNET_HEADER_SIZE + 6;

/** Of the frame that `readOffload` read last: its checksum need not be looked at. */
export let isSummed: bool = false;
/** Of that frame: how many bytes of text each segment had that it was joined from; 0: it is one. */
export let segmentSize: u32 = 0;

/** Of a header: how many buffers the frame lies in. To be asked once, since the device may write there. */
export function bufferCount(header: usize): u32 {
  return <u32>load<u16>(header, BUFFERS_AT);
}

/** Reads the header of the frame of `length` bytes at `frame`. False: it makes no sense. */
export function readOffload(header: usize, frame: usize, length: u32): bool {
  const first = load<u64>(header);
  const flags = <u8>first;
  const kind = <u8>(first >> (8 * KIND_AT));
  isSummed = (flags & (NEEDS_CHECKSUM | DATA_VALID)) != 0;
  segmentSize = 0;
  if (kind == Kind.None) return length <= LONGEST_SINGLE_FRAME;
  segmentSize = (<u32>(first >> (8 * SEGMENT_AT))) & 0xffff;
  return (
    length <= LONGEST_FRAME && segmentSize != 0 && (flags & NEEDS_CHECKSUM) != 0 && isTcp(kind, frame, length)
  );
}

/** Whether the frame is one of TCP as the header has it. */
function isTcp(kind: u8, frame: usize, length: u32): bool {
  // Longer than any of these headers, so that what is looked at here is there.
  if (length < 64) return false;
  const type = load16be(frame, 12);
  if (kind == Kind.Tcp4) return type == EtherType.Ipv4 && load<u8>(frame, PROTOCOL4_AT) == PROTOCOL_TCP;
  if (kind == Kind.Tcp6) return type == EtherType.Ipv6 && load<u8>(frame, PROTOCOL6_AT) == PROTOCOL_TCP;
  return false;
}

/** Writes the header of a frame that leaves as it is, its checksum the device's to make where `sumFrom` is not 0. */
export function emitOffload(header: usize, sumFrom: u32, sumAt: u32): void {
  store<u64>(header, sumFrom == 0 ? 0 : (<u64>NEEDS_CHECKSUM) | ((<u64>sumFrom) << SUM_FROM_SHIFT));
  store<u32>(header, sumAt, SUM_AT_AT);
}

/** As `emitOffload`, of a frame of TCP that the device cuts: `size` bytes of text in each segment but the last. */
export function emitSegmented(header: usize, frame: usize, sumFrom: u32, sumAt: u32, size: u32): void {
  emitOffload(header, sumFrom, sumAt);
  const headers = sumFrom + ((<u32>load<u8>(frame + sumFrom, DATA_OFFSET_AT)) >> 4) * 4;
  store<u8>(header, load16be(frame, 12) == EtherType.Ipv6 ? Kind.Tcp6 : Kind.Tcp4, KIND_AT);
  store<u16>(header, <u16>(headers + TEXT_WITH_HEADERS), HEADERS_AT);
  store<u16>(header, <u16>size, SEGMENT_AT);
}
