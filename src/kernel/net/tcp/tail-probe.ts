/**
 * Tail loss probes (RFC 8985 7): when the last segments of a flight are lost nothing overtakes them. Two round trips
 * after the last was sent, one more segment asks for an acknowledgment, long before the retransmission timer.
 *
 * Tests: tcp.recovery.test.ts
 */
import { MILLISECOND, now } from "../../time/clock";
import { setAlarm } from "./alarm";
import { congestion } from "./algorithm";
import { Alarm, Connection } from "./connection";
import { retransmitLast, sendBeyond, startRetransmission } from "./output";
import { blockCount, blockEnd } from "./options";
import { after, atOrAfter, atOrBefore } from "./sequence";

/** Added to two round trips: a timer's tick, and a peer that is busy (RFC 8985 7.2 leaves it open). */
const SLACK: i64 = 5 * MILLISECOND;

/** Arms the probe instead of the retransmission timer, where it would come sooner. False: it would not. */
export function armProbe(connection: Connection): bool {
  if (!connection.selective || connection.probing || connection.recovering) return false;
  if (connection.sackedBytes != 0 || connection.lostBytes != 0 || connection.smoothedRtt == 0) return false;
  // A peer may wait with the acknowledgment of one segment for longer than a time-out is.
  if (connection.sendMaximum - connection.sendUnacknowledged <= connection.segmentSize) return false;
  const wait = 2 * connection.smoothedRtt + SLACK;
  if (wait >= connection.rto) return false;
  setAlarm(connection, Alarm.TailProbe, now() + wait);
  return true;
}

/** The probe is due: new data where there is some and the peer has room, else the last segment again. */
export function probeExpired(connection: Connection): void {
  if (connection.sendUnacknowledged == connection.sendMaximum) return;
  connection.probeRepeats = !sendBeyond(connection);
  if (connection.probeRepeats) retransmitLast(connection);
  connection.probing = true;
  connection.probeEnd = connection.sendMaximum;
  startRetransmission(connection);
}

/** An acknowledgment came while a probe is out (RFC 8985 7.4): was it the probe that repaired a loss? */
export function judgeProbe(connection: Connection): void {
  const edge = connection.sendUnacknowledged;
  // What the peer had already, and says so (RFC 2883), was not lost; new data asked without repeating anything.
  const harmless = connection.probeRepeats
    ? blockCount > 0 && atOrBefore(blockEnd(0), edge)
    : atOrAfter(edge, connection.probeEnd);
  if (!harmless && !after(edge, connection.probeEnd)) return;
  connection.probing = false;
  if (!harmless && !connection.recovering) congestion.reduced(connection);
}
