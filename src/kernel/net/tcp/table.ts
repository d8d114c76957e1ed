/**
 * All connections: the pool their blocks come from, and the table that finds one by its flow.
 *
 * A chained hash table; the hash is keyed, so that nobody outside can choose flows that share a chain.
 *
 * Tests: table.test.ts
 */
import { createPool, Pool } from "../../memory/pool";
import { reserve } from "../../memory/arena";
import { randomU64 } from "../../entropy/random";
import { Flow } from "../layer";
import { Connection, CONNECTION_SIZE, NO_CONNECTION } from "./connection";

let pool: Pool = changetype<Pool>(0);
let buckets: usize = 0;
let bucketShift: u64 = 0;
let key: u64 = 0;

export function startTable(limit: u32): void {
  pool = createPool(<u32>CONNECTION_SIZE, limit);
  const bits = 32 - <u32>clz<u32>(max<u32>(limit, 2) - 1);
  buckets = reserve(sizeof<usize>() << bits);
  bucketShift = <u64>(64 - bits);
  key = randomU64();
}

/** A zeroed block of a new generation, not in the table yet, or none when the limit is reached. */
export function takeConnection(): Connection {
  const block = pool.take();
  if (block == 0) return NO_CONNECTION;
  const generation = changetype<Connection>(block).generation + 1;
  memory.fill(block, 0, CONNECTION_SIZE);
  const connection = changetype<Connection>(block);
  connection.generation = generation;
  return connection;
}

export function giveConnection(connection: Connection): void {
  connection.generation++;
  pool.give(changetype<usize>(connection));
}

export function connectionCount(): u32 {
  return pool.inUse;
}

export function connectionIndex(connection: Connection): u32 {
  return pool.indexOf(changetype<usize>(connection));
}

/** The block with this index, living or not, or none where there never was one. */
export function connectionAt(index: u32): Connection {
  return index < pool.touched ? changetype<Connection>(pool.at(index)) : NO_CONNECTION;
}

export function findConnection(flow: Flow): Connection {
  let at = load<usize>(bucketOf(flow));
  while (at != 0) {
    const connection = changetype<Connection>(at);
    if (matches(connection.flow, flow)) return connection;
    at = connection.chainNext;
  }
  return NO_CONNECTION;
}

export function insertConnection(connection: Connection): void {
  const bucket = bucketOf(connection.flow);
  connection.chainNext = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(connection));
}

/** Takes a connection out of the table, where it is in it. */
export function removeConnection(connection: Connection): void {
  let link = bucketOf(connection.flow);
  const wanted = changetype<usize>(connection);
  for (;;) {
    const at = load<usize>(link);
    if (at == 0) return;
    if (at == wanted) break;
    link = at + offsetof<Connection>("chainNext");
  }
  store<usize>(link, connection.chainNext);
}

function bucketOf(flow: Flow): usize {
  const ports = ((<u64>flow.localPort) << 16) | (<u64>flow.remotePort);
  let hash = (flow.remoteLow ^ key) * 0x9e37_79b9_7f4a_7c15;
  hash = (rotl<u64>(hash, 29) ^ ports ^ flow.remoteHigh ^ (flow.localLow << 32)) * 0xbf58_476d_1ce4_e5b9;
  hash = (hash ^ (hash >> 32) ^ key) * 0x94d0_49bb_1331_11eb;
  return buckets + <usize>(hash >> bucketShift) * sizeof<usize>();
}

function matches(a: Flow, b: Flow): bool {
  return (
    a.remotePort == b.remotePort &&
    a.localPort == b.localPort &&
    a.remoteLow == b.remoteLow &&
    a.localLow == b.localLow &&
    a.remoteHigh == b.remoteHigh &&
    a.localHigh == b.localHigh
  );
}
