/**
 * The streams to servers: being opened, busy with an exchange, or idle until the next one to the same host and port.
 *
 *   | Connection | host: HOST_SPACE | timer |
 *
 * Owns:   the pool of connections.
 */
import { createPool, Pool } from "../../memory/pool";
import { StreamProvider } from "../../stream/stream";
import { now } from "../../time/clock";
import { arm, disarm, Timer, TIMER_SIZE, TimerOwner } from "../../time/wheel";
import { BodyState } from "../body-state";
import { Wire } from "../wire";
import { Exchange, HOST_SPACE } from "./exchange";
import { CLOSE_TIME, CONNECTION_LIMIT, IDLE_TIME } from "./limits";

export const enum Phase {
  Free = 0,
  Connecting = 1,
  Busy = 2,
  Idle = 3,
  /** Ended or aborted: waits for the provider to say so. */
  Closing = 4,
}

@final
@unmanaged
export class Connection extends Wire {
  /** The exchange it is for; 0 while idle or closing. */
  exchange: usize;
  phase: Phase;
  port: u16;
  /** Whose exchanges it carries: an idle stream is no other one's to use. */
  compartment: u32;
  hostLength: u32;
  /** Calls of this connection on the native stack; it is not released under them. */
  depth: u32;
  released: bool;
  /** It has carried a whole exchange before: the server may have ended it meanwhile. */
  isReused: bool;
  /** The server will take another request. */
  keeps: bool;

  get host(): usize {
    return changetype<usize>(this) + HOST;
  }

  get timer(): Timer {
    return changetype<Timer>(changetype<usize>(this) + TIMER);
  }
}

const HOST: usize = (offsetof<Connection>() + 7) & ~7;
const TIMER: usize = HOST + HOST_SPACE;
const CONNECTION_SIZE: usize = (TIMER + TIMER_SIZE + 7) & ~7;
export const NO_CONNECTION: Connection = changetype<Connection>(0);

let connections: Pool = changetype<Pool>(0);
let timers: TimerOwner = changetype<TimerOwner>(0);
/** A stream became idle or went away: somebody who waits for one may go on. */
export let streamsChanged: bool = false;

export function startConnections(owner: TimerOwner): void {
  connections = createPool(<u32>CONNECTION_SIZE, CONNECTION_LIMIT);
  timers = owner;
}

export function clearStreamsChanged(): void {
  streamsChanged = false;
}

/** A connection that is being opened for `exchange`, or none when there are too many. */
export function takeConnection(exchange: Exchange): Connection {
  const connection = changetype<Connection>(connections.take());
  if (connection == NO_CONNECTION) return connection;
  connection.handle = 0;
  connection.exchange = changetype<usize>(exchange);
  connection.phase = Phase.Connecting;
  connection.port = exchange.port;
  connection.compartment = exchange.compartment;
  connection.hostLength = exchange.hostLength;
  memory.copy(connection.host, exchange.host, exchange.hostLength);
  connection.begin();
  connection.bodyState = BodyState.End;
  connection.depth = 0;
  connection.released = false;
  connection.isReused = false;
  connection.keeps = true;
  connection.timer.owner = timers;
  connection.timer.user = changetype<usize>(connection);
  return connection;
}

/** The stream is gone. */
export function releaseConnection(connection: Connection): void {
  streamsChanged = true;
  connection.phase = Phase.Free;
  disarm(connection.timer);
  connection.unsent.clear();
  connections.give(changetype<usize>(connection));
}

/** Keeps the connection until `leave`, whatever happens to its stream. */
export function enter(connection: Connection): void {
  connection.depth++;
}

export function leave(connection: Connection): void {
  connection.depth--;
  if (connection.depth == 0 && connection.released) releaseConnection(connection);
}

/** Says no more, and waits for the server to do so too. */
export function closeConnection(connection: Connection): void {
  connection.exchange = 0;
  connection.phase = Phase.Closing;
  arm(connection.timer, now() + CLOSE_TIME);
  connection.provider.shutdown(connection.handle);
  resumeInput(connection);
}

/** Ends the stream at once. */
export function killConnection(connection: Connection): void {
  connection.exchange = 0;
  connection.phase = Phase.Closing;
  connection.unsent.clear();
  connection.provider.abort(connection.handle);
}

/** The stream is another owner's: the connection is released when nobody is inside it any more. */
export function yieldStream(connection: Connection): void {
  connection.exchange = 0;
  connection.phase = Phase.Closing;
  connection.released = true;
}

/** The stream waits for the next exchange. */
export function parkConnection(connection: Connection): void {
  streamsChanged = true;
  connection.exchange = 0;
  connection.phase = Phase.Idle;
  connection.isReused = true;
  arm(connection.timer, now() + IDLE_TIME);
}

/** Outside of `received`: asks the provider for what it holds of ours. */
export function resumeInput(connection: Connection): void {
  if (connection.held && connection.inputEnd == 0) connection.provider.resume(connection.handle);
}

export function isTo(connection: Connection, exchange: Exchange): bool {
  if (connection.compartment != exchange.compartment) return false;
  if (connection.port != exchange.port || connection.hostLength != exchange.hostLength) return false;
  return memory.compare(connection.host, exchange.host, exchange.hostLength) == 0;
}

export function connectionPlaces(): u32 {
  return connections.touched;
}

/** The connection in this place; its phase may be `Free`. */
export function connectionAt(place: u32): Connection {
  return changetype<Connection>(connections.at(place));
}

export function connectionsInUse(): u32 {
  return connections.inUse;
}

/** All of them: their streams are gone, and nobody was told. */
export function releaseConnections(): void {
  for (let place: u32 = 0; place < connections.touched; place++) {
    const connection = connectionAt(place);
    if (connection.phase != Phase.Free) releaseConnection(connection);
  }
}

export function hasRoomForConnection(): bool {
  return connections.available() != 0;
}
