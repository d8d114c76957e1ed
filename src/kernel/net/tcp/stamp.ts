/**
 * Time stamps (RFC 7323): our clock in segments, the peer's given back, and old segments known by theirs (PAWS).
 *
 * The clock ticks with the timer wheel, every 2^20 ns. Each flow's clock starts elsewhere, by a keyed hash, so that
 * it tells neither how long this machine has run nor which flows are of one machine (RFC 7323 7.1).
 *
 * Owns:  the key, drawn at start.
 * Tests: tcp.stamp.test.ts
 */
import { randomU64 } from "../../entropy/random";
import { now, SECOND } from "../../time/clock";
import { Flow } from "../layer";
import { Connection } from "./connection";
import { hashFlow } from "./siphash";
import { echo, stamp, stamped } from "./options";
import { Segment } from "./segment";
import { atOrBefore, before } from "./sequence";

const TICK_SHIFT: i64 = 20;
/** After this long without a segment the peer's clock may have wrapped: what it said last counts no more (5.5). */
const OUTDATED: i64 = 24 * 24 * 3600 * SECOND;

let key0: u64 = 0;
let key1: u64 = 0;

export function startStamps(): void {
  key0 = randomU64();
  key1 = randomU64();
}

/** Where this flow's clock starts. */
export function stampOffset(flow: Flow): u32 {
  return <u32>hashFlow(key0, key1, flow);
}

/** TSval of a segment that leaves now. */
export function stampNow(offset: u32): u32 {
  return <u32>(now() >> TICK_SHIFT) + offset;
}

/** The round trip that the segment's echo measures, in ns, or 0 when it measures none. */
export function stampedRtt(connection: Connection): i64 {
  if (!connection.stamps || !stamped || echo == 0) return 0;
  const ticks = stampNow(connection.stampOffset) - echo;
  if (<i32>ticks < 0 || <i32>ticks > 1 << 20) return 0;
  // What took less than a tick took half of one.
  return ticks == 0 ? 1 << (TICK_SHIFT - 1) : (<i64>ticks) << TICK_SHIFT;
}

/** The segment was sent before one that has come already, or says nothing of when (RFC 7323 5.3, R1, and 3.2). */
export function isOld(connection: Connection): bool {
  if (!stamped) return true;
  return before(stamp, connection.recentStamp) && now() - connection.recentStampAt < OUTDATED;
}

/** Remembers the peer's clock from the segment that the next acknowledgment answers (RFC 7323 4.3). */
export function rememberStamp(connection: Connection, segment: Segment): void {
  if (before(stamp, connection.recentStamp) && now() - connection.recentStampAt < OUTDATED) return;
  if (!atOrBefore(segment.sequence, connection.lastAcknowledged)) return;
  connection.recentStamp = stamp;
  connection.recentStampAt = now();
}
