/**
 * How much a connection may hold that waits to be sent or acknowledged.
 *
 * Enough for its congestion window twice, so that a sender never waits for its writer: what is in flight, and what
 * follows when that is acknowledged. On a near path no more than a processor's cache holds
 * beside all else: what is out of it goes through memory. A peer that takes nothing never had such a window.
 *
 * Tests: tcp.flood.test.ts
 */
import { CHUNK_SIZE, chunkLimit } from "../../memory/chunk";
import { Connection } from "./connection";
import {
  FAR_RTT,
  FAR_SEND_LIMIT,
  NEAR_SEND_LIMIT,
  SCARCE_SEND_LIMIT,
  SCARCEST_SEND_LIMIT,
  SEND_LIMIT,
} from "./limits";

/** In bytes, while chunks are plenty. */
export function fullSendLimit(connection: Connection): u32 {
  const most = connection.smoothedRtt < FAR_RTT ? NEAR_SEND_LIMIT : FAR_SEND_LIMIT;
  return min(max(2 * connection.congestionWindow, SEND_LIMIT), most);
}

/** With so many chunks free: the fewer, the more connections share them. */
export function sendLimit(connection: Connection, chunks: u32): u32 {
  const all = chunkLimit();
  if (chunks > all / 2) return fullSendLimit(connection);
  const most = chunks > all / 4 ? SCARCE_SEND_LIMIT : SCARCEST_SEND_LIMIT;
  return min(most, partOf(connection, chunks));
}

/**
 * Bytes of so many free chunks that one stream may hold where many are one tenant's: all together they leave a third of
 * what they find, however many they are.
 */
export function partOf(connection: Connection, chunks: u32): u32 {
  const sharers = connection.attached ? connection.owner.sharers(connection.user) : 1;
  return max(chunks / sharers, 1) * CHUNK_SIZE;
}
