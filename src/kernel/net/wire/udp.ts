/**
 * UDP headers (RFC 768).
 *
 *   0             2                  4        6          8
 *   | source port | destination port | length | checksum | payload
 *
 * Tests: udp.test.ts
 */
import { load16be, store16be } from "../../memory/bytes";
import { checksum } from "./checksum";

export const UDP_HEADER_SIZE: u32 = 8;

export const enum UdpResult {
  Ok = 0,
  Short = 1,
  Length = 2,
  Checksum = 3,
}

/** A datagram's bytes, at least `UDP_HEADER_SIZE` of them. */
@final
@unmanaged
export class UdpHeader {
  get sourcePort(): u16 {
    return load16be(changetype<usize>(this));
  }

  get destinationPort(): u16 {
    return load16be(changetype<usize>(this), 2);
  }

  get length(): u16 {
    return load16be(changetype<usize>(this), 4);
  }

  get checksum(): u16 {
    return load16be(changetype<usize>(this), 6);
  }
}

/** What the header that `checkUdp` found right says of the datagram's length, itself counted. */
export let datagramLength: u32 = 0;

/**
 * Checks the datagram in `length` bytes of IP payload. `pseudoSum` is the pseudo-header's sum without the length;
 * `checked`: the checksum need not be looked at.
 */
export function checkUdp(pointer: usize, length: u32, pseudoSum: u64, checked: bool = false): UdpResult {
  if (length < UDP_HEADER_SIZE) return UdpResult.Short;
  const header = changetype<UdpHeader>(pointer);
  const own = <u32>header.length;
  if (own < UDP_HEADER_SIZE || own > length) return UdpResult.Length;
  datagramLength = own;
  // Zero means that the sender made none; such datagrams are passed on (RFC 1122 4.1.3.4).
  if (checked || header.checksum == 0) return UdpResult.Ok;
  return checksum(pseudoSum + <u64>own, pointer, own) == 0 ? UdpResult.Ok : UdpResult.Checksum;
}

/** Writes the header before the payload that stands after it; `length` counts both. */
export function emitUdp(pointer: usize, source: u16, destination: u16, length: u32, pseudoSum: u64): void {
  store16be(pointer, source);
  store16be(pointer, destination, 2);
  store16be(pointer, <u16>length, 4);
  store<u16>(pointer, 0, 6);
  const sum = checksum(pseudoSum + <u64>length, pointer, length);
  // A sum of zero is sent as all ones, since zero means "none" (RFC 768).
  store16be(pointer, sum == 0 ? 0xffff : sum, 6);
}
