/**
 * Ethernet II frames (RFC 894).
 *
 *   0            6            12          14
 *   | destination | source    | type      | payload ...
 *
 * Hardware addresses are the low 48 bits of a u64, first byte highest.
 *
 * Tests: ethernet.test.ts
 */
import { load16be, load64be, store16be, store32be, store64be } from "../../memory/bytes";

export const ETHERNET_HEADER_SIZE: u32 = 14;
export const HARDWARE_ADDRESS_SIZE: u32 = 6;
export const BROADCAST_HARDWARE: u64 = 0xffff_ffff_ffff;

const GROUP_BIT: u64 = 0x0100_0000_0000;
/** 01-00-5e, to which the low 23 bits of an IPv4 group are added (RFC 1112 6.4). */
const IPV4_GROUP_PREFIX: u64 = 0x0100_5e00_0000;

export const enum EtherType {
  Ipv4 = 0x0800,
  Arp = 0x0806,
  Ipv6 = 0x86dd,
}

/** Two more bytes than the address must be readable. */
export function loadHardwareAddress(pointer: usize): u64 {
  return load64be(pointer) >> 16;
}

export function storeHardwareAddress(pointer: usize, address: u64): void {
  store16be(pointer, <u16>(address >> 32));
  store32be(pointer, <u32>address, 2);
}

/** Broadcast or multicast. */
export function isGroupHardware(address: u64): bool {
  return (address & GROUP_BIT) != 0;
}

/** An address that one station can have: not a group, not zero. */
export function isStation(address: u64): bool {
  return address != 0 && !isGroupHardware(address);
}

export function hardwareOfIpv4Group(group: u32): u64 {
  return IPV4_GROUP_PREFIX | (<u64>(group & 0x007f_ffff));
}

/** A frame's bytes, at least `ETHERNET_HEADER_SIZE` of them. */
@final
@unmanaged
export class EthernetFrame {
  get destination(): u64 {
    return loadHardwareAddress(changetype<usize>(this));
  }

  get source(): u64 {
    return loadHardwareAddress(changetype<usize>(this) + 6);
  }

  get type(): u16 {
    return load16be(changetype<usize>(this), 12);
  }
}

export function emitEthernet(pointer: usize, destination: u64, source: u64, type: EtherType): void {
  // Each goes over what the one before wrote too much.
  store64be(pointer, destination << 16);
  store64be(pointer, source << 16, 6);
  store16be(pointer, <u16>type, 12);
}
