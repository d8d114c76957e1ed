/**
 * What an IPv4 header says of the part of a datagram that it stands before (RFC 791 3.1). The header is valid.
 *
 * Tests: ../ip/reassembly.test.ts
 */
import { load16be, store16be } from "../../memory/bytes";

/** Offsets of fragments count in these. */
export const FRAGMENT_UNIT: u32 = 8;

const MORE_FRAGMENTS: u16 = 0x2000;

/** What tells the parts of one datagram from those of another. */
export function identification(pointer: usize): u16 {
  return load16be(pointer, 4);
}

export function hasMoreFragments(pointer: usize): bool {
  return (load16be(pointer, 6) & MORE_FRAGMENTS) != 0;
}

/** Makes the header of a first fragment that of the whole datagram, `totalLength` bytes; not its checksum. */
export function joinIpv4(pointer: usize, totalLength: u32): void {
  store16be(pointer, <u16>totalLength, 2);
  store16be(pointer, 0, 6);
}
