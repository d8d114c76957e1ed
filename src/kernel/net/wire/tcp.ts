/**
 * The TCP header on the wire (RFC 9293 3.1).
 *
 *    0         2         4                   8                   12   13      14      16         18
 *   | source  | dest.   | sequence number   | acknowledgment    |off |flags | window| checksum | urgent | options
 *
 * Accessors over bytes whose length the caller has checked to be at least `HEADER_SIZE`; `headerLength` must lie
 * between that and the datagram's length before options or payload are touched.
 *
 * Tests: tcp.test.ts
 */
import { load16be, load32be, store128be } from "../../memory/bytes";

export const HEADER_SIZE: u32 = 20;
export const HEADER_SIZE_LIMIT: u32 = 60;

export const FIN: u8 = 0x01;
export const SYN: u8 = 0x02;
export const RST: u8 = 0x04;
export const PSH: u8 = 0x08;
export const ACK: u8 = 0x10;

export const CHECKSUM_AT: u32 = 16;

export function sourcePort(header: usize): u16 {
  return load16be(header);
}

export function destinationPort(header: usize): u16 {
  return load16be(header, 2);
}

export function sequenceNumber(header: usize): u32 {
  return load32be(header, 4);
}

export function acknowledgmentNumber(header: usize): u32 {
  return load32be(header, 8);
}

/** Header and options, in bytes: what the data offset says, not yet believed. */
export function headerLength(header: usize): u32 {
  return ((<u32>load<u8>(header, 12)) >> 4) << 2;
}

export function flagsOf(header: usize): u8 {
  return load<u8>(header, 13);
}

/** The window field as it stands, not scaled. */
export function windowField(header: usize): u16 {
  return load16be(header, 14);
}

/** Writes a header whose checksum is still zero. */
export function emitHeader(
  header: usize,
  source: u16,
  destination: u16,
  sequence: u32,
  acknowledgment: u32,
  headerBytes: u32,
  flags: u8,
  window: u16,
): void {
  const first = ((<u64>source) << 48) | ((<u64>destination) << 32) | (<u64>sequence);
  const last = (headerBytes << 26) | ((<u32>flags) << 16) | (<u32>window);
  store128be(header, first, ((<u64>acknowledgment) << 32) | (<u64>last));
  store<u32>(header, 0, CHECKSUM_AT); // and no urgent pointer
}
