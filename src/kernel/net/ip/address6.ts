/**
 * Who this machine is in IPv6: its addresses, the prefixes on its link, its router; and where a datagram goes next.
 *
 * Without configuration (`net.address6`) there is no address, and all of IPv6 is silent.
 *
 * Owns: the tables, of fixed size. What a router says beyond them is not taken.
 */
import { NEVER } from "../../time/never";
import { now } from "../../time/clock";
import {
  isLinkLocal,
  isMulticast6,
  isUnicast6,
  isWithin,
  LINK_GROUP,
  solicitedGroup,
  ALL_NODES,
} from "../wire/ipv6";

/** The link-local one, and one for each of so many prefixes. */
export const ADDRESSES6: u32 = 4;
const PREFIXES6: u32 = 4;

export const enum AddressState {
  Free = 0,
  /** Nobody has been found to have it yet (RFC 4862 5.4): not used, but defended. */
  Tentative = 1,
  Usable = 2,
}

@final
@unmanaged
export class Address6 {
  high: u64;
  low: u64;
  /** After these it is not chosen for new flows, and no address any more (RFC 4862 5.5.4). */
  preferredUntil: i64;
  validUntil: i64;
  state: AddressState;
  /** How often another had it (RFC 7217 5). */
  collisions: u32;
}

@final
@unmanaged
class Prefix6 {
  high: u64;
  low: u64;
  until: i64;
  length: u32;
  spare: u32;
}

const ADDRESS_SIZE: usize = 40;
const PREFIX_SIZE: usize = 32;
if (offsetof<Address6>() != ADDRESS_SIZE || offsetof<Prefix6>() != PREFIX_SIZE) ERROR("sizes of entries");

const addresses: usize = memory.data(160, 8); // ADDRESSES6 * ADDRESS_SIZE
const prefixes: usize = memory.data(128, 8); // PREFIXES6 * PREFIX_SIZE

let routerHigh: u64 = 0;
let routerLow: u64 = 0;
let routerUntil: i64 = 0;

/** The neighbour that `findHop` found. */
export let hopHigh: u64 = 0;
export let hopLow: u64 = 0;

export function addressAt(index: u32): Address6 {
  return changetype<Address6>(addresses + <usize>index * ADDRESS_SIZE);
}

/** The entry of this address in any living state, or null. */
export function ownAddress(high: u64, low: u64): Address6 | null {
  for (let index: u32 = 0; index < ADDRESSES6; index++) {
    const address = addressAt(index);
    if (address.low == low && address.high == high && isAlive(address)) return address;
  }
  return null;
}

/** A new address, tentative: its entry, or null when all are taken or it is there. */
export function addAddress(high: u64, low: u64): Address6 | null {
  if (ownAddress(high, low) != null) return null;
  for (let index: u32 = 0; index < ADDRESSES6; index++) {
    const address = addressAt(index);
    if (isAlive(address)) continue;
    address.high = high;
    address.low = low;
    address.state = AddressState.Tentative;
    address.preferredUntil = NEVER;
    address.validUntil = NEVER;
    address.collisions = 0;
    return address;
  }
  return null;
}

/** Whether datagrams to it are for us. */
export function isOurs6(high: u64, low: u64): bool {
  const address = ownAddress(high, low);
  return address != null && address.state == AddressState.Usable;
}

/** A group that this machine is in: all nodes of the link, and those in which its addresses are asked for. */
export function isOurGroup(high: u64, low: u64): bool {
  if (high != LINK_GROUP) return false;
  if (low == ALL_NODES) return true;
  for (let index: u32 = 0; index < ADDRESSES6; index++) {
    const address = addressAt(index);
    if (isAlive(address) && low == solicitedGroup(address.low)) return true;
  }
  return false;
}

/** The first address that is not only the link's: low half, 0 when there is none; `globalHigh` is the other. */
export function globalLow(): u64 {
  const address = firstGlobal();
  return address == null ? 0 : address.low;
}

export function globalHigh(): u64 {
  const address = firstGlobal();
  return address == null ? 0 : address.high;
}

function firstGlobal(): Address6 | null {
  for (let index: u32 = 0; index < ADDRESSES6; index++) {
    const address = addressAt(index);
    if (address.state == AddressState.Usable && !isLinkLocal(address.high) && isAlive(address))
      return address;
  }
  return null;
}

export function setPrefix(high: u64, low: u64, length: u32, until: i64): void {
  let place = changetype<Prefix6>(0);
  for (let index: u32 = 0; index < PREFIXES6; index++) {
    const prefix = prefixAt(index);
    const isSame = prefix.length == length && prefix.high == high && prefix.low == low;
    if (isSame && prefix.until != 0) {
      prefix.until = until;
      return;
    }
    if (changetype<usize>(place) == 0 && prefix.until <= now()) place = prefix;
  }
  if (changetype<usize>(place) == 0) return;
  place.high = high;
  place.low = low;
  place.length = length;
  place.until = until;
}

export function setRouter(high: u64, low: u64, until: i64): void {
  routerHigh = high;
  routerLow = low;
  routerUntil = until;
}

/** Whether this is the default router. */
export function isRouter(high: u64, low: u64): bool {
  return routerUntil > now() && routerLow == low && routerHigh == high;
}

export function hasRouter(): bool {
  return routerUntil > now();
}

export function isOnLink6(high: u64, low: u64): bool {
  if (isLinkLocal(high)) return true;
  for (let index: u32 = 0; index < PREFIXES6; index++) {
    const prefix = prefixAt(index);
    if (prefix.until > now() && isWithin(high, low, prefix.high, prefix.low, prefix.length)) return true;
  }
  return false;
}

/** Sets `hopHigh` and `hopLow` to who takes a datagram for this destination: false without a route. */
export function findHop(high: u64, low: u64): bool {
  hopHigh = high;
  hopLow = low;
  if (isMulticast6(high)) return true;
  if (!isUnicast6(high, low) || ownAddress(high, low) != null) return false;
  if (isOnLink6(high, low)) return true;
  hopHigh = routerHigh;
  hopLow = routerLow;
  return hasRouter();
}

/**
 * The address to send from (RFC 6724 5, rules 2, 3 and 8): of the link for the link, else a global one, preferred ones
 * first, then that which has most bits with the destination. Null: none.
 */
export function sourceFor(high: u64, low: u64): Address6 | null {
  const local = isLinkLocal(high) || isMulticast6(high);
  let best = changetype<Address6>(0);
  let bestBits: i32 = -1;
  for (let index: u32 = 0; index < ADDRESSES6; index++) {
    const address = addressAt(index);
    if (address.state != AddressState.Usable || !isAlive(address)) continue;
    if (isLinkLocal(address.high) != local) continue;
    const bits = commonBits(address, high, low) + (address.preferredUntil > now() ? 256 : 0);
    if (bits <= bestBits) continue;
    best = address;
    bestBits = bits;
  }
  return changetype<Address6 | null>(best);
}

function commonBits(address: Address6, high: u64, low: u64): i32 {
  const differing = address.high ^ high;
  return differing != 0 ? <i32>clz(differing) : 64 + <i32>clz(address.low ^ low);
}

function isAlive(address: Address6): bool {
  return address.state != AddressState.Free && address.validUntil > now();
}

function prefixAt(index: u32): Prefix6 {
  return changetype<Prefix6>(prefixes + <usize>index * PREFIX_SIZE);
}
