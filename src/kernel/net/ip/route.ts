/**
 * The ways that datagrams went lately: to whom on the link, and its hardware address. What address and neighbours say
 * is asked once for many datagrams; nothing is believed longer than `BELIEF_NS`, or after any change of either.
 *
 * Owns:   the table: a destination has one place in it, and the last one there counts.
 * Tests:  network.test.ts
 */
import { now, SECOND } from "../../time/clock";
import { BROADCAST_HARDWARE, emitEthernet, EtherType, hardwareOfIpv4Group } from "../wire/ethernet";
import { isMulticast } from "../wire/ipv4";
import { isBroadcast, isPossiblePeer, maySendFrom, nextHop } from "./address";
import { changeCount } from "./changes";
import { hardwareAddress } from "./link";
import { hardwareOf } from "./neighbour";

/** Short beside how long a neighbour is believed, so that it is heard that we want it. */
const BELIEF_NS: i64 = SECOND;
const ROUTES: u32 = 64;

@final
@unmanaged
export class Route {
  destination: u32;
  source: u32;
  /** The neighbour that takes it, or the group itself; 0: there is no route. */
  hop: u32;
  /** `changeCount` when `hop` was found, and when `station` was; 0: it was not. */
  foundAt: u32;
  stationAt: u32;
  station: u64;
  /** The Ethernet header for it, as frames have it: its first eight bytes and its last. */
  front: u64;
  back: u64;
  /** Both ends are what `isKnownPeer` says. */
  isPeer: bool;
  /** Until when the station is believed. */
  until: i64;
}

const ROUTE_SIZE: usize = (offsetof<Route>() + 7) & ~7;
if (ROUTE_SIZE * ROUTES > 4096) ERROR("the routes fit their table");
const table: usize = memory.data(4096, 8);
const header: usize = memory.data(16, 8);

function placeOf(destination: u32): Route {
  const place = (destination ^ (destination >> 8)) & (ROUTES - 1);
  return changetype<Route>(table + <usize>place * ROUTE_SIZE);
}

/**
 * Whether `peer` is a machine that we lately sent to from `local`, an address of ours: what comes from there to here has
 * possible addresses. Only what we send makes peers known.
 */
export function isKnownPeer(peer: u32, local: u32): bool {
  const route = placeOf(peer);
  if (route.destination != peer || route.source != local) return false;
  return route.foundAt == changeCount() && route.isPeer;
}

/** The way to `destination` with this source. */
export function routeTo(destination: u32, source: u32): Route {
  const route = placeOf(destination);
  const isKnown = route.destination == destination && route.source == source;
  if (!isKnown || route.foundAt != changeCount()) find(route, destination, source);
  return route;
}

/** Whether the route's station is still to be believed. */
export function isFresh(route: Route): bool {
  return route.stationAt == changeCount() && now() < route.until;
}

/** Asks for the station, which is 0 while a neighbour is being asked for; not twice a second where it is known. */
export function stationOf(route: Route): u64 {
  const hop = route.hop;
  let station: u64 = 0;
  if (isMulticast(hop)) station = hardwareOfIpv4Group(hop);
  else if (isBroadcast(hop)) station = BROADCAST_HARDWARE;
  else station = hardwareOf(hop);
  route.station = station;
  emitEthernet(header, station, hardwareAddress(), EtherType.Ipv4);
  route.front = load<u64>(header);
  route.back = load<u64>(header, 6);
  route.stationAt = station == 0 ? 0 : changeCount();
  route.until = now() + BELIEF_NS;
  return station;
}

/** Writes the Ethernet header to the route's station, which is known, over the frame's first 14 bytes. */
export function copyFront(route: Route, frame: usize): void {
  store<u64>(frame, route.front);
  store<u64>(frame, route.back, 6);
}

function find(route: Route, destination: u32, source: u32): void {
  const hop = nextHop(destination);
  const isOpen = hop != 0 && hardwareAddress() != 0 && maySendFrom(source, destination);
  route.destination = destination;
  route.source = source;
  route.hop = isOpen ? hop : 0;
  route.isPeer = isOpen && source != 0 && isPossiblePeer(destination) && !isBroadcast(source);
  route.foundAt = changeCount();
  route.stationAt = 0;
}
