/**
 * Neighbour discovery's messages (RFC 4861 4), behind the ICMP header.
 *
 *   solicitation, advertisement:  | 4 type, code, sum | 4 flags | 16 target | options
 *   router advertisement:         | 4 type, code, sum | hop limit, flags, 2 lifetime | 4 reachable | 4 retransmit | options
 *   an option:                    | type | length in units of 8 | ...
 *
 * Tests: ../ip/network6.test.ts, fuzz/ethernet6.ts
 */
import { load16be, load32be, load64be, store32be, store64be } from "../../memory/bytes";
import { loadHardwareAddress, storeHardwareAddress } from "./ethernet";

export const SOLICITATION_SIZE: u32 = 24;
export const ADVERTISEMENT_SIZE: u32 = 24;
export const ROUTER_SOLICITATION_SIZE: u32 = 8;
export const ROUTER_ADVERTISEMENT_SIZE: u32 = 16;
const LINK_OPTION_SIZE: u32 = 8;
/** Options read of one message; those after them are not. */
const NDP_OPTIONS_LIMIT: u32 = 16;

const PREFIX_OPTION_SIZE: u32 = 32;
const MTU_OPTION_SIZE: u32 = 8;

export const SOLICITED: u32 = 0x4000_0000;
export const OVERRIDE: u32 = 0x2000_0000;

export const enum NdpOption {
  SourceLink = 1,
  TargetLink = 2,
  Prefix = 3,
  Mtu = 5,
}

/** What options say; 0 where they do not. */
@final
@unmanaged
export class NdpOptions {
  /** The hardware address in the option that was asked for. */
  hardware: u64;
  mtu: u32;
  /** Where prefix options stand, as many as `PREFIX_OPTIONS`. */
  prefixes: u32;
  prefixAt0: usize;
  prefixAt1: usize;
}

/** Prefix options read of one advertisement. */
const PREFIX_OPTIONS: u32 = 2;

/**
 * Reads `length` bytes of options; `link` says which hardware address is wanted. False: one has no length or does not fit
 * (RFC 4861 4.6: the packet is dropped).
 */
export function parseOptions(pointer: usize, length: u32, link: NdpOption, options: NdpOptions): bool {
  options.hardware = 0;
  options.mtu = 0;
  options.prefixes = 0;
  let at: u32 = 0;
  for (let count: u32 = 0; at < length && count < NDP_OPTIONS_LIMIT; count++) {
    if (at + 8 > length) return false;
    const option = pointer + at;
    const size = (<u32>load<u8>(option, 1)) << 3;
    if (size == 0 || at + size > length) return false;
    const type = load<u8>(option);
    if (type == link && size == LINK_OPTION_SIZE) options.hardware = loadHardwareAddress(option + 2);
    else if (type == NdpOption.Mtu && size == MTU_OPTION_SIZE) options.mtu = load32be(option, 4);
    else if (type == NdpOption.Prefix && size == PREFIX_OPTION_SIZE) notePrefix(options, option);
    at += size;
  }
  return true;
}

function notePrefix(options: NdpOptions, option: usize): void {
  if (options.prefixes == PREFIX_OPTIONS) return;
  if (options.prefixes == 0) options.prefixAt0 = option;
  else options.prefixAt1 = option;
  options.prefixes++;
}

/** A prefix option's bytes, all 32 of them. */
@final
@unmanaged
export class PrefixOption {
  get length(): u8 {
    return load<u8>(changetype<usize>(this), 2);
  }

  get isOnLink(): bool {
    return (load<u8>(changetype<usize>(this), 3) & 0x80) != 0;
  }

  get isAutonomous(): bool {
    return (load<u8>(changetype<usize>(this), 3) & 0x40) != 0;
  }

  get validSeconds(): u32 {
    return load32be(changetype<usize>(this), 4);
  }

  get preferredSeconds(): u32 {
    return load32be(changetype<usize>(this), 8);
  }

  get high(): u64 {
    return load64be(changetype<usize>(this), 16);
  }

  get low(): u64 {
    return load64be(changetype<usize>(this), 24);
  }
}

export function targetHigh(pointer: usize): u64 {
  return load64be(pointer, 8);
}

export function targetLow(pointer: usize): u64 {
  return load64be(pointer, 16);
}

export function advertisementFlags(pointer: usize): u32 {
  return load32be(pointer, 4);
}

/** Of a router advertisement: for how many seconds the sender is a default router. */
export function routerSeconds(pointer: usize): u32 {
  return <u32>load16be(pointer, 6);
}

/** Writes flags and target: how many bytes the message has so far. */
export function emitTarget(pointer: usize, flags: u32, high: u64, low: u64): u32 {
  store32be(pointer, flags, 4);
  store64be(pointer, high, 8);
  store64be(pointer, low, 16);
  return SOLICITATION_SIZE;
}

/** Writes an option with a hardware address: how many bytes. */
export function emitLinkOption(pointer: usize, type: NdpOption, hardware: u64): u32 {
  store<u8>(pointer, <u8>type);
  store<u8>(pointer, 1, 1);
  storeHardwareAddress(pointer + 2, hardware);
  return LINK_OPTION_SIZE;
}
