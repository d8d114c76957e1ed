/**
 * When an acknowledgment must leave by itself (RFC 9293 3.8.6.3, RFC 5681 4.2): for every second full segment, at
 * once after anything out of order, else after `DELAYED_ACK` if no data went that way before.
 *
 * Nothing is sent here: the decision is taken at the end of the turn, when the answer may have been written.
 */
import { now } from "../../time/clock";
import { segmentSize } from "../layer";
import { setShortTimer } from "./alarm";
import { Connection } from "./connection";
import { DELAYED_ACK } from "./limits";
import { markDirty } from "./work";

/** `bytes` came in order. */
export function oweAcknowledgment(connection: Connection, bytes: u32): void {
  connection.acknowledgmentOwed = true;
  connection.unacknowledgedBytes += bytes;
  // What was joined below came as segments, each of which the peer may count (RFC 5681 4.2).
  const joined = segmentSize();
  const size = joined == 0 ? bytes : min(bytes, joined);
  if (size > connection.receiveSegmentSize) connection.receiveSegmentSize = size;
  if (connection.unacknowledgedBytes >= 2 * connection.receiveSegmentSize) connection.acknowledgeNow = true;
  markDirty(connection);
}

/** The acknowledgment leaves at the end of this turn. */
export function acknowledgeSoon(connection: Connection): void {
  connection.acknowledgmentOwed = true;
  connection.acknowledgeNow = true;
  markDirty(connection);
}

/** At the end of the turn: must a segment without data leave now? If not, the timer will see to it. */
export function mustAcknowledge(connection: Connection): bool {
  if (!connection.acknowledgmentOwed) return false;
  if (connection.acknowledgeNow) return true;
  setShortTimer(connection, now() + DELAYED_ACK);
  return false;
}

/** A segment left that carries the acknowledgment. */
export function acknowledged(connection: Connection): void {
  connection.acknowledgmentOwed = false;
  connection.acknowledgeNow = false;
  connection.unacknowledgedBytes = 0;
  connection.lastAcknowledged = connection.receiveNext;
  connection.duplicateFirst = connection.duplicateEnd;
}
