/**
 * ARP for IPv4 over Ethernet (RFC 826).
 *
 *   0              2               4      5      6           8
 *   | hardware = 1 | type = 0x0800 | 6    | 4    | operation |
 *   8              14              18            24          28
 *   | sender MAC   | sender IP     | target MAC  | target IP |
 *
 * Tests: arp.test.ts
 */
import { load16be, load32be, store16be, store32be } from "../../memory/bytes";
import { loadHardwareAddress, storeHardwareAddress } from "./ethernet";

export const ARP_SIZE: u32 = 28;

/** Hardware type Ethernet, protocol type IPv4. */
const SPACES: u32 = 0x0001_0800;
/** Address lengths 6 and 4. */
const LENGTHS: u16 = 0x0604;

export const enum ArpOperation {
  Request = 1,
  Reply = 2,
}

@final
@unmanaged
export class ArpRepr {
  senderHardware: u64;
  targetHardware: u64;
  sender: u32;
  target: u32;
  operation: ArpOperation;
}

/** Reads the packet into `repr`: false for what is too short or not Ethernet and IPv4. */
export function parseArp(pointer: usize, length: u32, repr: ArpRepr): bool {
  if (length < ARP_SIZE) return false;
  if (load32be(pointer) != SPACES || load16be(pointer, 4) != LENGTHS) return false;
  const operation = load16be(pointer, 6);
  if (operation != ArpOperation.Request && operation != ArpOperation.Reply) return false;
  repr.operation = operation;
  repr.senderHardware = loadHardwareAddress(pointer + 8);
  repr.sender = load32be(pointer, 14);
  repr.targetHardware = loadHardwareAddress(pointer + 18);
  repr.target = load32be(pointer, 24);
  return true;
}

export function emitArp(pointer: usize, repr: ArpRepr): void {
  store32be(pointer, SPACES);
  store16be(pointer, LENGTHS, 4);
  store16be(pointer, <u16>repr.operation, 6);
  storeHardwareAddress(pointer + 8, repr.senderHardware);
  store32be(pointer, repr.sender, 14);
  storeHardwareAddress(pointer + 18, repr.targetHardware);
  store32be(pointer, repr.target, 24);
}
