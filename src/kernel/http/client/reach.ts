/**
 * From a request to a stream that carries it: an idle one, or a new one where limits allow that, or neither yet.
 *
 * Tests: client.test.ts
 */
import { isIsolated } from "../../app/compartments";
import { mayTake } from "../../app/outbound";
import { reachAnew } from "./attempts";
import {
  Connection,
  connectionAt,
  connectionPlaces,
  hasRoomForConnection,
  isTo,
  killConnection,
  NO_CONNECTION,
  Phase,
} from "./connection";
import { beginOn } from "./conversation";
import { Exchange, exchangeAt, exchangePlaces, setDeadline, State } from "./exchange";
import { CONNECTION_LIMIT, HEAD_TIME, HOST_CONNECTION_LIMIT } from "./limits";

/** Gives the exchange an idle stream, or finds it a new one, or has it wait. */
export function reach(exchange: Exchange): void {
  // What becomes of a stream that carried others already is not worth to find out.
  const idle = exchange.switches ? NO_CONNECTION : idleConnection(exchange);
  if (idle != NO_CONNECTION) {
    beginOn(idle, exchange);
  } else if (!mayOpen(exchange)) {
    exchange.state = State.Queued;
    setDeadline(exchange, HEAD_TIME);
  } else {
    reachAnew(exchange);
  }
}

/** The network is there, or a stream became free: whether anybody could go on. */
export function reachForWaiting(isOnline: bool): bool {
  let moved = false;
  for (let next = firstWaiting(isOnline); next != changetype<Exchange>(0); next = firstWaiting(isOnline)) {
    reach(next);
    moved = true;
  }
  return moved;
}

/** Who has waited longest and need wait no more. */
function firstWaiting(isOnline: bool): Exchange {
  let first = changetype<Exchange>(0);
  for (let place: u32 = 0; place < exchangePlaces(); place++) {
    const exchange = exchangeAt(place);
    if (exchange.state != State.Queued && exchange.state != State.Offline) continue;
    if (first != changetype<Exchange>(0) && exchange.order > first.order) continue;
    const ready = exchange.state == State.Offline ? isOnline : mayGoOn(exchange);
    if (ready) first = exchange;
  }
  return first;
}

function mayGoOn(exchange: Exchange): bool {
  return mayOpen(exchange) || (!exchange.switches && idleConnection(exchange) != NO_CONNECTION);
}

function idleConnection(exchange: Exchange): Connection {
  for (let place: u32 = 0; place < connectionPlaces(); place++) {
    const connection = connectionAt(place);
    if (connection.phase == Phase.Idle && isTo(connection, exchange)) return connection;
  }
  return NO_CONNECTION;
}

/**
 * Whether limits allow one more stream; an idle one to another host makes room. Each compartment has the host's limit for
 * itself, and of all streams no more than it leaves to others.
 */
function mayOpen(exchange: Exchange): bool {
  if (isIsolated() && !leavesOthers(exchange.compartment)) return false;
  let opening: u32 = 0;
  for (let place: u32 = 0; place < exchangePlaces(); place++) {
    const other = exchangeAt(place);
    if (other == exchange || other.compartment != exchange.compartment) continue;
    if (other.port != exchange.port || other.hostLength != exchange.hostLength) continue;
    if (other.state < State.Offline || other.state > State.Body) continue;
    if (memory.compare(other.host, exchange.host, exchange.hostLength) == 0) opening++;
  }
  if (opening >= HOST_CONNECTION_LIMIT) return false;
  return hasRoomForConnection() || dropIdle();
}

function leavesOthers(who: u32): bool {
  let own: u32 = 0;
  let busy: u32 = 0;
  for (let place: u32 = 0; place < connectionPlaces(); place++) {
    const connection = connectionAt(place);
    if (connection.phase == Phase.Free || connection.phase == Phase.Idle) continue;
    busy++;
    if (connection.compartment == who) own++;
  }
  return mayTake(own, CONNECTION_LIMIT - busy);
}

/** Ends some idle stream: its place is free as soon as the provider says so. */
function dropIdle(): bool {
  for (let place: u32 = 0; place < connectionPlaces(); place++) {
    const connection = connectionAt(place);
    if (connection.phase != Phase.Idle) continue;
    killConnection(connection);
    return hasRoomForConnection();
  }
  return false;
}
