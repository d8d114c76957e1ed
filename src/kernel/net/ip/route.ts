/**
 * The ways that datagrams went lately: to whom on the link, and its hardware address. What address and neighbours say
 * is asked once for many datagrams; nothing is believed longer than `BELIEF_NS`, or after any change of either.
 *
 * Owns:   the table: a destination has one place in it, and the last one there counts.
 * Tests:  network.test.ts
 */
import { now, SECOND } from "../../time/clock";
import { BROADCAST_HARDWARE, hardwareOfIpv4Group } from "../wire/ethernet";
import { isMulticast } from "../wire/ipv4";
import { isBroadcast, maySendFrom, nextHop } from "./address";
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
  /** Until when the station is believed. */
  until: i64;
}

const ROUTE_SIZE: usize = (offsetof<Route>() + 7) & ~7;
if (ROUTE_SIZE * ROUTES > 4096) ERROR("the routes fit their table");
const table: usize = memory.data(4096, 8);

/** The way to `destination` with this source. */
export function routeTo(destination: u32, source: u32): Route {
  const place = (destination ^ (destination >> 8)) & (ROUTES - 1);
  const route = changetype<Route>(table + <usize>place * ROUTE_SIZE);
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
  route.stationAt = station == 0 ? 0 : changeCount();
  route.until = now() + BELIEF_NS;
  return station;
}

function find(route: Route, destination: u32, source: u32): void {
  const hop = nextHop(destination);
  const isOpen = hop != 0 && hardwareAddress() != 0 && maySendFrom(source, destination);
  route.destination = destination;
  route.source = source;
  route.hop = isOpen ? hop : 0;
  route.foundAt = changeCount();
  route.stationAt = 0;
}
