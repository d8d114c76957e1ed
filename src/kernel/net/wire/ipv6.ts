/**
 * IPv6 headers (RFC 8200 3, 4) and the kinds of IPv6 addresses (RFC 4291 2).
 *
 *   0                         4                6             7           8        24            40
 *   | version, class, flow 4  | payload length | next header | hop limit | source | destination | extension headers ...
 *
 * Extension headers are walked within limits (RFC 8504 5.3): `EXTENSIONS_LIMIT` of them, `OPTIONS_LIMIT` options in
 * each. Nothing here acts on any; what asks to be dropped when it is not understood is dropped.
 *
 * Tests: src/kernel/net/ip/network6.test.ts
 */
import { load16be, load32be, load64be, store16be, store32be, store64be } from "../../memory/bytes";

export const IPV6_HEADER_SIZE: u32 = 40;
/** Every IPv6 path carries so much (RFC 8200 5). */
export const IPV6_MINIMUM_MTU: u32 = 1280;
const EXTENSIONS_LIMIT: u32 = 4;
export const OPTIONS_LIMIT: u32 = 8;

const HOP_LIMIT: u8 = 64;
const FIXED_WORD: u32 = 0x6000_0000;
const FRAGMENT_HEADER_SIZE: u32 = 8;

const enum NextHeader {
  HopByHop = 0,
  Routing = 43,
  Fragment = 44,
  DestinationOptions = 60,
}

export const enum Ipv6Result {
  Ok = 0,
  /** Fewer bytes than a header, or than the header says. */
  Short = 1,
  Version = 2,
  /** Too many extension headers, one out of place, or one that asks to be understood. */
  Extension = 3,
}

/** What a receiver needs of a valid header and what extends it. */
@final
@unmanaged
export class Ipv6Repr {
  sourceHigh: u64;
  sourceLow: u64;
  destinationHigh: u64;
  destinationLow: u64;
  /** With extension headers. */
  headerLength: u32;
  payloadLength: u32;
  /** Of a part: what tells datagrams apart, and where it belongs, in bytes. */
  fragmentId: u32;
  fragmentOffset: u32;
  /** Of a part: the length of the headers before the fragment header, and where they name it. */
  unfragmentedLength: u32;
  nextHeaderAt: u32;
  protocol: u8;
  hopLimit: u8;
  /** A part of a datagram. */
  fragmented: bool;
  moreFragments: bool;
}

/** Reads the headers of the datagram at `pointer`; bytes after its payload are padding. */
export function parseIpv6(pointer: usize, length: u32, repr: Ipv6Repr): Ipv6Result {
  const result = parseQuotedIpv6(pointer, length, repr);
  if (result != Ipv6Result.Ok) return result;
  return repr.headerLength + repr.payloadLength > length ? Ipv6Result.Short : Ipv6Result.Ok;
}

/** As `parseIpv6`, for a datagram that an ICMP error quotes: it may be cut short after its headers. */
export function parseQuotedIpv6(pointer: usize, length: u32, repr: Ipv6Repr): Ipv6Result {
  if (length < IPV6_HEADER_SIZE) return Ipv6Result.Short;
  if (load<u8>(pointer) >> 4 != 6) return Ipv6Result.Version;
  repr.headerLength = IPV6_HEADER_SIZE;
  repr.payloadLength = <u32>load16be(pointer, 4);
  repr.protocol = load<u8>(pointer, 6);
  repr.hopLimit = load<u8>(pointer, 7);
  repr.sourceHigh = load64be(pointer, 8);
  repr.sourceLow = load64be(pointer, 16);
  repr.destinationHigh = load64be(pointer, 24);
  repr.destinationLow = load64be(pointer, 32);
  repr.nextHeaderAt = 6;
  repr.fragmented = false;
  for (let count: u32 = 0; isExtension(repr.protocol); count++) {
    if (count == EXTENSIONS_LIMIT) return Ipv6Result.Extension;
    const room = min(length, IPV6_HEADER_SIZE + <u32>load16be(pointer, 4));
    const result = passExtension(pointer, room, repr);
    if (result != Ipv6Result.Ok || repr.fragmented) return result;
  }
  return Ipv6Result.Ok;
}

function isExtension(header: u8): bool {
  return (
    header == NextHeader.HopByHop ||
    header == NextHeader.Routing ||
    header == NextHeader.Fragment ||
    header == NextHeader.DestinationOptions
  );
}

/** Moves `repr` past the extension header that stands at the end of what it covers. */
function passExtension(pointer: usize, room: u32, repr: Ipv6Repr): Ipv6Result {
  const at = repr.headerLength;
  if (at + 8 > room) return Ipv6Result.Short;
  const kind = repr.protocol;
  const header = pointer + at;
  const size = kind == NextHeader.Fragment ? FRAGMENT_HEADER_SIZE : (<u32>load<u8>(header, 1) + 1) << 3;
  if (at + size > room) return Ipv6Result.Short;
  // Hop-by-hop options stand first or nowhere (RFC 8200 4.1).
  if (kind == NextHeader.HopByHop && at != IPV6_HEADER_SIZE) return Ipv6Result.Extension;
  // A route that is not at its end is for a router; type 0 is for nobody (RFC 5095).
  if (kind == NextHeader.Routing && load<u8>(header, 3) != 0) return Ipv6Result.Extension;
  if (kind == NextHeader.Fragment) readFragment(header, repr);
  else if (kind != NextHeader.Routing && !areOptionsPassable(header + 2, size - 2))
    return Ipv6Result.Extension;
  repr.protocol = load<u8>(header);
  if (!repr.fragmented) repr.nextHeaderAt = at;
  repr.headerLength = at + size;
  repr.payloadLength -= size;
  return Ipv6Result.Ok;
}

function readFragment(header: usize, repr: Ipv6Repr): void {
  const word = <u32>load16be(header, 2);
  repr.fragmentOffset = word & 0xfff8;
  repr.moreFragments = (word & 1) != 0;
  repr.fragmentId = load32be(header, 4);
  repr.unfragmentedLength = repr.headerLength;
  // A datagram that is all in one part is none (RFC 6946).
  repr.fragmented = repr.fragmentOffset != 0 || repr.moreFragments;
}

/** Whether all options may be skipped: those whose type starts with 00 may (RFC 8200 4.2). */
function areOptionsPassable(pointer: usize, length: u32): bool {
  let at: u32 = 0;
  for (let count: u32 = 0; at < length; count++) {
    if (count == OPTIONS_LIMIT) return false;
    const type = load<u8>(pointer + at);
    if (type == 0) {
      // Pad1: a run of them is at most seven long.
      at++;
      continue;
    }
    if (type >> 6 != 0 || at + 2 > length) return false;
    at += 2 + <u32>load<u8>(pointer + at, 1);
    if (at > length) return false;
  }
  return true;
}

/** Makes the headers before a first part, `headerLength` bytes, those of the whole datagram. */
export function joinIpv6(pointer: usize, headerLength: u32, wholeLength: u32): void {
  store16be(pointer, <u16>(headerLength - IPV6_HEADER_SIZE + wholeLength), 4);
}

/** Writes a header; the addresses are in it already (`emitAddresses`). */
export function emitIpv6(pointer: usize, protocol: u8, payloadLength: u32, hopLimit: u8 = HOP_LIMIT): void {
  store32be(pointer, FIXED_WORD);
  store16be(pointer, <u16>payloadLength, 4);
  store<u8>(pointer, protocol, 6);
  store<u8>(pointer, hopLimit, 7);
}

export function emitAddress(pointer: usize, high: u64, low: u64): void {
  store64be(pointer, high);
  store64be(pointer, low, 8);
}

/** ff00::/8. */
export function isMulticast6(high: u64): bool {
  return high >> 56 == 0xff;
}

/** fe80::/10. */
export function isLinkLocal(high: u64): bool {
  return high >> 54 == 0x3fa;
}

/**
 * An address that one machine can have on a wire: not a group, not unspecified, loopback or another that begins with 80
 * zero bits, as IPv4-mapped ones do (RFC 4291 2.5.5): here those are IPv4's, and from a wire they would be a disguise.
 */
export function isUnicast6(high: u64, low: u64): bool {
  if (isMulticast6(high)) return false;
  return high != 0 || low >> 48 != 0;
}

/** ff02::1:ff00:0/104 with the last 24 bits of an address (RFC 4291 2.7.1): low half; the high one is `LINK_GROUP`. */
export function solicitedGroup(low: u64): u64 {
  return 0x0000_0001_ff00_0000 | (low & 0x00ff_ffff);
}

/** High half of the groups of one link: ff02::. */
export const LINK_GROUP: u64 = 0xff02_0000_0000_0000;
export const ALL_NODES: u64 = 1;
export const ALL_ROUTERS: u64 = 2;

/** 33-33 and the last 32 bits of the group (RFC 2464 7). */
export function hardwareOfGroup6(low: u64): u64 {
  return 0x3333_0000_0000 | (low & 0xffff_ffff);
}

/** Whether the first `length` bits are the same. */
export function isWithin(high: u64, low: u64, prefixHigh: u64, prefixLow: u64, length: u32): bool {
  if (length == 0) return true;
  const ofHigh = min<u32>(length, 64);
  if ((high ^ prefixHigh) >> (<u64>(64 - ofHigh)) != 0) return false;
  return length <= 64 || (low ^ prefixLow) >> (<u64>(128 - length)) == 0;
}
