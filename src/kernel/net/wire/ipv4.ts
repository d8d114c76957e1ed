/**
 * IPv4 headers (RFC 791 3.1) and the kinds of IPv4 addresses (RFC 1122 3.2.1.3, RFC 6890).
 *
 *   0         1          2              4       6                  8     9          10         12       16
 *   | ver|ihl | service  | total length | id    | flags | fragment | ttl | protocol | checksum | source | destination |
 *
 * Options are skipped: nothing here acts on them, and a host that does not forward need not (RFC 7126 3).
 *
 * Tests: ipv4.test.ts
 */
import { load16be, load128be, load32be, load64be, store128be, store32be } from "../../memory/bytes";
import { checksum, fold, isShortHeaderSound } from "./checksum";

export const IPV4_HEADER_SIZE: u32 = 20;
/** RFC 1122 3.2.1.7 leaves it to us; 64 is what RFC 1700 recommends. */
const TIME_TO_LIVE: u64 = 64;
const VERSION_AND_LENGTH: u64 = 0x4500;
const DONT_FRAGMENT: u64 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;
const FRAGMENT_OFFSET: u16 = 0x1fff;
const FRAGMENT_BITS: u64 = 0x3fff;

export const LIMITED_BROADCAST: u32 = 0xffff_ffff;

export const enum Ipv4Result {
  Ok = 0,
  /** Fewer bytes than a header, or than the header says. */
  Short = 1,
  Version = 2,
  HeaderLength = 3,
  TotalLength = 4,
  Checksum = 5,
}

/** What a receiver needs of a valid header. */
@final
@unmanaged
export class Ipv4Repr {
  source: u32;
  destination: u32;
  headerLength: u32;
  payloadLength: u32;
  protocol: u8;
  timeToLive: u8;
  /** A part of a datagram: more fragments follow or some came before. */
  fragmented: bool;
  /** Bytes from here on are a later part of the datagram, so no transport header is in them. */
  fragmentOffset: u16;
}

/** Reads and checks the header of the datagram at `pointer`; bytes after its total length are padding. */
export function parseIpv4(pointer: usize, length: u32, repr: Ipv4Repr): Ipv4Result {
  if (length >= IPV4_HEADER_SIZE && isShortHeaderSound(pointer)) {
    const front = load128be(pointer);
    const first = <u64>i64x2.extract_lane(front, 1);
    const totalLength = (<u32>(first >> 32)) & 0xffff;
    const isShort = first >> 56 == VERSION_AND_LENGTH >> 8;
    if (isShort && (first & FRAGMENT_BITS) == 0 && totalLength >= IPV4_HEADER_SIZE && totalLength <= length) {
      const second = <u64>i64x2.extract_lane(front, 0);
      repr.headerLength = IPV4_HEADER_SIZE;
      repr.payloadLength = totalLength - IPV4_HEADER_SIZE;
      repr.fragmentOffset = 0;
      repr.fragmented = false;
      repr.timeToLive = <u8>(second >> 56);
      repr.protocol = <u8>(second >> 48);
      repr.source = <u32>second;
      repr.destination = load32be(pointer, 16);
      return Ipv4Result.Ok;
    }
  }
  return parseLongIpv4(pointer, length, repr);
}

/** Any other header, with whatever is wrong with it. */
function parseLongIpv4(pointer: usize, length: u32, repr: Ipv4Repr): Ipv4Result {
  const result = parseQuotedIpv4(pointer, length, repr);
  if (result != Ipv4Result.Ok) return result;
  if (repr.headerLength + repr.payloadLength > length) return Ipv4Result.Short;
  const sound =
    repr.headerLength == IPV4_HEADER_SIZE
      ? isShortHeaderSound(pointer)
      : checksum(0, pointer, repr.headerLength) == 0;
  return sound ? Ipv4Result.Ok : Ipv4Result.Checksum;
}

/**
 * As `parseIpv4`, for a datagram that an ICMP error quotes: it may be cut short anywhere after its header, and
 * its checksum is whatever the quoting router made of it.
 */
export function parseQuotedIpv4(pointer: usize, length: u32, repr: Ipv4Repr): Ipv4Result {
  if (length < IPV4_HEADER_SIZE) return Ipv4Result.Short;
  const first = load64be(pointer);
  if (first >> 60 != 4) return Ipv4Result.Version;
  const headerLength = (<u32>(first >> 54)) & 0x3c;
  if (headerLength < IPV4_HEADER_SIZE || headerLength > length) return Ipv4Result.HeaderLength;
  const totalLength = (<u32>(first >> 32)) & 0xffff;
  if (totalLength < headerLength) return Ipv4Result.TotalLength;
  const fragment = <u16>first;
  repr.headerLength = headerLength;
  repr.payloadLength = totalLength - headerLength;
  repr.fragmentOffset = fragment & FRAGMENT_OFFSET;
  repr.fragmented = (fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;
  repr.timeToLive = load<u8>(pointer, 8);
  repr.protocol = load<u8>(pointer, 9);
  repr.source = load32be(pointer, 12);
  repr.destination = load32be(pointer, 16);
  return Ipv4Result.Ok;
}

/** Writes a header without options, not to be fragmented on its way. */
export function emitIpv4(
  pointer: usize,
  source: u32,
  destination: u32,
  protocol: u8,
  payloadLength: u32,
  id: u16,
): void {
  const totalLength = <u64>(IPV4_HEADER_SIZE + payloadLength);
  const hops = (TIME_TO_LIVE << 8) | (<u64>protocol);
  const fixed = VERSION_AND_LENGTH + DONT_FRAGMENT + hops;
  const sum = fold(fixed + totalLength + <u64>id + <u64>source + <u64>destination);
  const first = (VERSION_AND_LENGTH << 48) | (totalLength << 32) | ((<u64>id) << 16) | DONT_FRAGMENT;
  store128be(pointer, first, (hops << 48) | ((<u64>(~sum & 0xffff)) << 32) | (<u64>source));
  store32be(pointer, destination, 16);
}

/** 224.0.0.0/4 (RFC 5771). */
export function isMulticast(address: u32): bool {
  return address >> 28 == 14;
}

/** An address that one machine can have: not "this network", loopback, a group, reserved or broadcast. */
export function isUnicast(address: u32): bool {
  const first = address >> 24;
  return first != 0 && first != 127 && first < 224;
}
