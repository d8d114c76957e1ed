/**
 * The connections there are, and the ids of their requests.
 *
 * A request id is | generation | connection index |, positive. An id that is finished names nothing: the next
 * request of the same connection has another generation.
 *
 * Owns:   the pool of connections.
 * Tests:  conversation.test.ts
 */
import { running } from "../app/compartments";
import { createPool, Pool } from "../memory/pool";
import { StreamProvider } from "../stream/stream";
import { NEVER } from "../time/never";
import { disarm } from "../time/wheel";
import { awaitHead, Connection, CONNECTION_SIZE } from "./connection";
import { releaseHead } from "./head-buffer";
import { CONNECTION_BITS, CONNECTION_LIMIT, PATIENCE } from "./limits";

let connections: Pool = changetype<Pool>(0);

export function startConnections(): void {
  connections = createPool(<u32>CONNECTION_SIZE, CONNECTION_LIMIT);
}

/** A connection in phase `Head`, or null when there are too many. */
export function takeConnection(provider: StreamProvider, handle: usize): Connection {
  const connection = changetype<Connection>(connections.take());
  if (changetype<usize>(connection) == 0) return connection;
  connection.provider = provider;
  connection.handle = handle;
  connection.place = connections.indexOf(changetype<usize>(connection));
  connection.begin();
  connection.buffer = 0;
  connection.request = 0;
  connection.depth = 0;
  connection.lost = 0;
  connection.closes = false;
  connection.released = false;
  connection.deadline = NEVER;
  connection.armedFor = NEVER;
  connection.patience = PATIENCE;
  connection.awaitedSince = NEVER;
  connection.keptLength = 0;
  awaitHead(connection);
  return connection;
}

/** Gives everything back. The stream is gone and nobody is inside the connection. */
function releaseConnection(connection: Connection): void {
  connection.request = 0;
  disarm(connection.timer);
  connection.unsent.clear();
  releaseHead(connection);
  connections.give(changetype<usize>(connection));
}

/** Keeps the connection until `leave`, whatever happens to its stream. */
export function enter(connection: Connection): void {
  connection.depth++;
}

/** Leaves a connection; the last to leave one whose stream is gone releases it. */
export function leave(connection: Connection): void {
  connection.depth--;
  if (connection.depth == 0 && connection.released) releaseConnection(connection);
}

export function connectionsInUse(): u32 {
  return connections.inUse;
}

/** Places that connections ever had; a loop over them sees all there are. */
export function placesUsed(): u32 {
  return connections.touched;
}

/** The connection in this place, or null where it is free. */
export function livingConnection(place: u32): Connection {
  const connection = changetype<Connection>(connections.at(place));
  // What was released stays so until the block is taken again.
  return connection.released ? changetype<Connection>(0) : connection;
}

const GENERATIONS: u32 = 1 << (31 - CONNECTION_BITS);

/** Gives the connection's next request its id. */
export function nameRequest(connection: Connection): i32 {
  connection.generation = (connection.generation + 1) & (GENERATIONS - 1);
  if (connection.generation == 0) connection.generation = 1;
  const id = <i32>((connection.generation << CONNECTION_BITS) | connection.place);
  connection.request = id;
  return id;
}

/** The connection that is busy with the caller's request `id`, or null. */
export function findRequest(id: i32): Connection {
  const index = (<u32>id) & (CONNECTION_LIMIT - 1);
  if (id > 0 && index < connections.touched) {
    const connection = changetype<Connection>(connections.at(index));
    if (connection.request == id && connection.compartment == running) return connection;
  }
  return changetype<Connection>(0);
}
