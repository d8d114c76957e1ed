/**
 * Who this machine is on its network: address, prefix, gateway, name server; and where a datagram goes next.
 *
 * Owns: the one local address. Zero stands for "none" in all of them.
 */
import { isMulticast, isUnicast, LIMITED_BROADCAST } from "../wire/ipv4";
import { noteChange } from "./changes";

let address: u32 = 0;
let mask: u32 = 0;
let gateway: u32 = 0;
let nameServer: u32 = 0;

/**
 * This machine answers for every address: what a gateway between a network and host sockets does. It takes
 * datagrams for any destination, sends from any source, and answers ARP for all but what a peer claims itself.
 */
let acceptsAny: bool = false;

/** Who finds an address when the configuration has none: the `dhcp` service, in images that have it. */
export abstract class AddressSource {
  abstract begin(): void;
}

let source: AddressSource | null = null;

export function setAddress(to: u32, prefixLength: u32, viaGateway: u32, dns: u32): void {
  noteChange();
  address = to;
  mask = prefixLength == 0 ? 0 : u32.MAX_VALUE << (32 - prefixLength);
  gateway = viaGateway;
  nameServer = dns;
}

export function clearAddress(): void {
  setAddress(0, 0, 0, 0);
}

export function setAcceptAny(to: bool): void {
  noteChange();
  acceptsAny = to;
}

export function setAddressSource(to: AddressSource): void {
  source = to;
}

export function addressSource(): AddressSource | null {
  return source;
}

export function localAddress(): u32 {
  return address;
}

export function dnsServer(): u32 {
  return nameServer;
}

export function gatewayAddress(): u32 {
  return gateway;
}

export function acceptAny(): bool {
  return acceptsAny;
}

export function isOnLink(other: u32): bool {
  return address != 0 && ((other ^ address) & mask) == 0;
}

/** Whose hardware address ARP may tell: the gateway may be off the prefix, as where each machine has a /32. */
export function isNeighbour(other: u32): bool {
  return isOnLink(other) || (other != 0 && other == gateway);
}

/** To all on this network: 255.255.255.255, or the prefix's last address (RFC 919 7; none in a /31, RFC 3021). */
export function isBroadcast(other: u32): bool {
  if (other == LIMITED_BROADCAST) return true;
  return address != 0 && ~mask > 1 && other == (address | ~mask);
}

/** The neighbour that takes a datagram for `destination`, or the group itself; 0: there is no route. */
export function nextHop(destination: u32): u32 {
  if (isBroadcast(destination) || isMulticast(destination)) return destination;
  if (!isUnicast(destination) || destination == address) return 0;
  return isOnLink(destination) ? destination : gateway;
}

/** Whether a datagram may leave with this source. Without an address only requests for one do (RFC 2131 4.1). */
export function maySendFrom(from: u32, destination: u32): bool {
  if (from == 0) return destination == LIMITED_BROADCAST;
  return from == address || (acceptsAny && isUnicast(from));
}

/** Whether a datagram's source names one other machine. */
export function isPossiblePeer(peer: u32): bool {
  return isUnicast(peer) && peer != address && !isBroadcast(peer);
}
