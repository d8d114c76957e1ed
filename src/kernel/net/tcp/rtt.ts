/**
 * The round-trip time and the time-out that follows from it (RFC 6298), in ns.
 *
 * One segment at a time is timed, and never one that was sent twice (Karn's algorithm, RFC 6298 3).
 *
 * Tests: rtt.test.ts
 */
import { Connection } from "./connection";
import { RTO_INITIAL, RTO_MAXIMUM, RTO_MINIMUM } from "./limits";
import { atOrAfter } from "./sequence";
import { stampedRtt } from "./stamp";

/** The clock's granularity, G in RFC 6298: a tick of the timer wheel. */
const GRANULARITY: i64 = 1 << 20;

export function startRtt(connection: Connection): void {
  connection.rto = RTO_INITIAL;
}

/** Starts to time the segment that ends before `sequence`, unless one is being timed. */
export function timeSegment(connection: Connection, sequence: u32, now: i64): void {
  if (connection.timing) return;
  connection.timing = true;
  connection.timedSequence = sequence;
  connection.timedAt = now;
}

/** Something is sent twice: no acknowledgment says which it answers, unless by its stamp. */
export function stopTiming(connection: Connection): void {
  connection.timing = false;
  connection.timedByStamp = true;
}

/** Takes a sample when `sendUnacknowledged` has come to the end of the timed segment. */
export function sampleRtt(connection: Connection, now: i64): void {
  if (!connection.timing) return sampleStamp(connection);
  if (!atOrAfter(connection.sendUnacknowledged, connection.timedSequence)) return;
  connection.timing = false;
  takeSample(connection, now - connection.timedAt);
}

/** What was sent twice is timed by the stamp that comes back: it says which of the two was answered (RFC 7323 4). */
function sampleStamp(connection: Connection): void {
  if (!connection.timedByStamp) return;
  const rtt = stampedRtt(connection);
  if (rtt > 0) takeSample(connection, rtt);
}

/** RFC 6298 2.2 and 2.3. Also ends the back-off of earlier time-outs. */
export function takeSample(connection: Connection, rtt: i64): void {
  connection.timedByStamp = false;
  if (connection.minimumRtt == 0 || rtt < connection.minimumRtt) connection.minimumRtt = rtt;
  if (connection.smoothedRtt == 0) {
    connection.smoothedRtt = max<i64>(rtt, 1);
    connection.rttVariation = rtt / 2;
  } else {
    const difference = connection.smoothedRtt - rtt;
    const distance = difference < 0 ? -difference : difference;
    connection.rttVariation += (distance - connection.rttVariation) / 4;
    connection.smoothedRtt -= difference / 8;
  }
  const rto = connection.smoothedRtt + max<i64>(GRANULARITY, 4 * connection.rttVariation);
  connection.rto = min<i64>(max<i64>(rto, RTO_MINIMUM), RTO_MAXIMUM);
}

/** RFC 6298 5.5. */
export function backOff(connection: Connection): void {
  connection.rto = min<i64>(connection.rto * 2, RTO_MAXIMUM);
}
