/**
 * ICMP for IPv6 (RFC 4443): echo, and errors that quote the datagram they are about. Neighbours are in ndp.ts.
 *
 *   0      1      2          4                 8
 *   | type | code | checksum | rest of header  | echo data, or the quoted datagram
 *
 * Tests: ../ip/network6.test.ts
 */
import { load32be, store16be, store32be } from "../../memory/bytes";
import { Flow, pseudoHeaderSum } from "../layer";
import { checksum } from "./checksum";

export const PROTOCOL_ICMP6: u8 = 58;
export const ICMP6_HEADER_SIZE: u32 = 8;

export const enum Icmp6Type {
  Unreachable = 1,
  TooBig = 2,
  TimeExceeded = 3,
  ParameterProblem = 4,
  Echo = 128,
  EchoReply = 129,
  GroupReport = 143,
  RouterSolicitation = 133,
  RouterAdvertisement = 134,
  NeighbourSolicitation = 135,
  NeighbourAdvertisement = 136,
}

/** Codes of `Unreachable`. */
export const enum UnreachableCode6 {
  NoRoute = 0,
  Prohibited = 1,
  Address = 3,
  Port = 4,
}

/** A whole message with the right checksum, which covers the addresses (RFC 8200 8.1). */
export function isValidIcmp6(flow: Flow, pointer: usize, length: u32): bool {
  if (length < ICMP6_HEADER_SIZE) return false;
  return checksum(pseudoHeaderSum(flow, PROTOCOL_ICMP6, length), pointer, length) == 0;
}

/** Errors have the low half of the types (RFC 4443 2.1). */
export function isIcmp6Error(type: u8): bool {
  return type < 128;
}

/** In `TooBig`: what the next hop can carry. */
export function tooBigMtu(pointer: usize): u32 {
  return load32be(pointer, 4);
}

/** Turns the copy of an echo request at `pointer` into its reply, `flow`'s. */
export function emitEchoReply6(flow: Flow, pointer: usize, length: u32): void {
  sealIcmp6(flow, pointer, length, Icmp6Type.EchoReply, 0);
}

/** Writes the header of an error before the quotation that stands after it; `length` counts both. */
export function emitError6(flow: Flow, pointer: usize, type: Icmp6Type, code: u8, length: u32): void {
  store32be(pointer, 0, 4);
  sealIcmp6(flow, pointer, length, type, code);
}

/** Writes type, code and checksum; the rest of the message is there. */
export function sealIcmp6(flow: Flow, pointer: usize, length: u32, type: Icmp6Type, code: u8): void {
  store<u8>(pointer, <u8>type);
  store<u8>(pointer, code, 1);
  store<u16>(pointer, 0, 2);
  store16be(pointer, checksum(pseudoHeaderSum(flow, PROTOCOL_ICMP6, length), pointer, length), 2);
}
