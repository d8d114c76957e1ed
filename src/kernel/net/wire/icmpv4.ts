/**
 * ICMP for IPv4 (RFC 792): echo, and errors that quote the datagram they are about.
 *
 *   0      1      2          4                 8
 *   | type | code | checksum | rest of header  | echo data, or the quoted IP header and first bytes after it
 *
 * Tests: icmpv4.test.ts
 */
import { load16be, store16be, store32be } from "../../memory/bytes";
import { checksum } from "./checksum";

export const ICMP_HEADER_SIZE: u32 = 8;

export const enum IcmpType {
  EchoReply = 0,
  DestinationUnreachable = 3,
  Echo = 8,
  TimeExceeded = 11,
  ParameterProblem = 12,
}

/** Codes of `DestinationUnreachable`. */
export const enum UnreachableCode {
  Network = 0,
  Host = 1,
  Port = 3,
  FragmentationNeeded = 4,
  /** RFC 1812 5.2.7.1. */
  Prohibited = 13,
}

/** A message's bytes, at least `ICMP_HEADER_SIZE` of them. */
@final
@unmanaged
export class IcmpMessage {
  get type(): u8 {
    return load<u8>(changetype<usize>(this));
  }

  get code(): u8 {
    return load<u8>(changetype<usize>(this), 1);
  }

  /** In "fragmentation needed": what the next hop can carry (RFC 1191 4). */
  get nextHopMtu(): u16 {
    return load16be(changetype<usize>(this), 6);
  }
}

/** A whole message with the right checksum (RFC 1122 3.2.2). */
export function isValidIcmp(pointer: usize, length: u32): bool {
  return length >= ICMP_HEADER_SIZE && checksum(0, pointer, length) == 0;
}

/** One of the errors, which quote a datagram; never answered by an error (RFC 1122 3.2.2). */
export function isIcmpError(type: u8): bool {
  return (
    type == IcmpType.DestinationUnreachable ||
    type == IcmpType.TimeExceeded ||
    type == IcmpType.ParameterProblem
  );
}

/** Turns the copy of an echo request at `pointer` into its reply. */
export function emitEchoReply(pointer: usize, length: u32): void {
  store<u8>(pointer, IcmpType.EchoReply);
  seal(pointer, length);
}

/** Writes the header of an error before the quotation that stands after it; `length` counts both. */
export function emitError(pointer: usize, type: IcmpType, code: u8, length: u32): void {
  store<u8>(pointer, <u8>type);
  store<u8>(pointer, code, 1);
  store32be(pointer, 0, 4);
  seal(pointer, length);
}

function seal(pointer: usize, length: u32): void {
  store<u16>(pointer, 0, 2);
  store16be(pointer, checksum(0, pointer, length), 2);
}
