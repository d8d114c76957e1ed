/**
 * Loss by time (RACK, RFC 8985 6): what was sent before something that has arrived, and has not, is lost once a
 * little longer has passed than reordering takes. So a lost retransmission is found like any other loss.
 *
 * While nothing was ever seen to be reordered, three segments' worth that overtook a hole settle it at once, as
 * RFC 6675 has it.
 *
 * Tests: tcp.recovery.test.ts
 */
import { now } from "../../time/clock";
import { setAlarm } from "./alarm";
import { Alarm, Connection } from "./connection";
import { DUPLICATE_THRESHOLD } from "./limits";
import { Mark, Range, rangeAt, rangeCount, recount } from "./scoreboard";
import { after, before, later } from "./sequence";

/** The peer has `range`, or its part up to `end` (RFC 8985 6.2, steps 1 to 3). */
export function noteDelivered(connection: Connection, range: Range, end: u32): void {
  const resent = (range.mark & Mark.Resent) != 0;
  const rtt = now() - range.sentAt;
  // What comes back sooner than a round trip answers the first copy.
  if (resent && rtt < connection.minimumRtt) return;
  if (!resent && before(end, connection.highestDelivered)) connection.reordered = true;
  connection.highestDelivered = later(connection.highestDelivered, end);
  if (range.sentAt < connection.rackSentAt) return;
  if (range.sentAt == connection.rackSentAt && before(end, connection.rackEnd)) return;
  connection.rackSentAt = range.sentAt;
  connection.rackEnd = end;
  connection.rackRtt = rtt;
}

/** Marks what is lost by now, and arms the timer for what may be soon (RFC 8985 6.2, step 5). True: something is. */
export function detectLosses(connection: Connection): bool {
  const patience = connection.rackRtt + reorderingWindow(connection);
  let found = false;
  let wait: i64 = 0;
  const count = rangeCount(connection);
  for (let index: u32 = 0; index < count; index++) {
    const range = rangeAt(connection, index);
    if ((range.mark & (Mark.Sacked | Mark.Lost)) != 0) continue;
    if (!wasSentBefore(connection, range)) continue;
    const left = range.sentAt + patience - now();
    if (left > 0) {
      wait = max(wait, left);
      continue;
    }
    range.mark = Mark.Lost;
    found = true;
  }
  if (found) recount(connection);
  if (wait > 0) setAlarm(connection, Alarm.Reordering, now() + wait);
  return found;
}

function wasSentBefore(connection: Connection, range: Range): bool {
  if (range.sentAt != connection.rackSentAt) return range.sentAt < connection.rackSentAt;
  return after(connection.rackEnd, range.end);
}

/** RFC 8985 6.2, step 4. */
function reorderingWindow(connection: Connection): i64 {
  const settled =
    connection.recovering || connection.sackedBytes > (DUPLICATE_THRESHOLD - 1) * connection.segmentSize;
  if (!connection.reordered && settled) return 0;
  return min(connection.minimumRtt / 4, connection.smoothedRtt);
}
