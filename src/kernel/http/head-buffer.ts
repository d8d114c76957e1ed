/**
 * A connection's own copy of a head that came in pieces or that outlives its input: a chunk, or for the few that
 * are longer, a buffer for the longest.
 *
 * Owns:   the long buffers.
 * Tests:  conformance.test.ts, conversation.test.ts
 */
import { CHUNK_SIZE, giveChunk, takeChunk } from "../memory/chunk";
import { createPool, Pool } from "../memory/pool";
import { Connection } from "./connection";
import { HEAD_LIMIT, LONG_HEAD_LIMIT } from "./limits";

let longHeads: Pool = changetype<Pool>(0);

export function startHeadBuffers(): void {
  longHeads = createPool(HEAD_LIMIT, LONG_HEAD_LIMIT);
}

export function longHeadsInUse(): u32 {
  return longHeads.inUse;
}

/** Copies `length` more bytes of the head into the connection's own buffer: false when memory is short. */
export function gatherHead(connection: Connection, source: usize, length: u32): bool {
  const gathered = connection.gathered;
  if (connection.buffer == 0) {
    connection.buffer = gathered + length <= CHUNK_SIZE ? takeChunk() : longHeads.take();
    if (connection.buffer == 0) return false;
  } else if (gathered + length > CHUNK_SIZE && !isLong(connection.buffer)) {
    const larger = longHeads.take();
    if (larger == 0) return false;
    memory.copy(larger, connection.buffer, gathered);
    giveChunk(connection.buffer);
    connection.buffer = larger;
  }
  memory.copy(connection.buffer + gathered, source, length);
  connection.head = connection.buffer;
  connection.gathered = gathered + length;
  return true;
}

export function releaseHead(connection: Connection): void {
  if (connection.buffer == 0) return;
  if (isLong(connection.buffer)) longHeads.give(connection.buffer);
  else giveChunk(connection.buffer);
  connection.buffer = 0;
}

function isLong(buffer: usize): bool {
  return buffer - longHeads.base < <usize>longHeads.limit * <usize>longHeads.blockSizeBytes;
}
