/**
 * Windows: what the peer lets us send, and what we let the peer send (RFC 9293 3.8.6, RFC 7323 2).
 *
 * Our edge only moves forward, and only in steps worth a segment (silly window avoidance, RFC 9293 3.8.6.2.2).
 */
import { Connection } from "./connection";
import { RECEIVE_LIMIT } from "./limits";
import { Segment } from "./segment";
import { after, atOrAfter, before } from "./sequence";

/** How many bytes the peer may still send: what has been promised. */
function receiveWindow(connection: Connection): u32 {
  const left = <i32>(connection.receiveEdge - connection.receiveNext);
  return left > 0 ? <u32>left : 0;
}

/** How far the edge could move now. */
function edgeGain(connection: Connection): i32 {
  const held = min<u32>(connection.receiveQueue.length, RECEIVE_LIMIT);
  return <i32>(connection.receiveNext + (RECEIVE_LIMIT - held) - connection.receiveEdge);
}

/** Moves the edge where that is worth it, and gives the window field to send. */
export function advertise(connection: Connection): u16 {
  const gain = edgeGain(connection);
  if (gain >= <i32>min<u32>(connection.receiveSegmentSize, RECEIVE_LIMIT / 2)) {
    connection.receiveEdge += <u32>gain;
  }
  // Rounded up: rounding down would take back what was promised (RFC 7323 2.4).
  const scale = <u32>connection.receiveScale;
  const units = (receiveWindow(connection) + ((1 << scale) - 1)) >> scale;
  return <u16>min<u32>(units, 0xffff);
}

/** How many bytes are taken when they come: what has been promised, rounding included. */
export function acceptedWindow(connection: Connection): u32 {
  const rounding = (1 << (<u32>connection.receiveScale)) - 1;
  const left = <i32>(connection.receiveEdge + rounding - connection.receiveNext);
  return left > 0 ? <u32>left : 0;
}

/** Whether the peer should hear at once that the window has opened: two segments' worth, or half of it. */
export function windowUpdateDue(connection: Connection): bool {
  return edgeGain(connection) >= <i32>min<u32>(2 * connection.receiveSegmentSize, RECEIVE_LIMIT / 2);
}

/** Takes the peer's window from a segment that is not older than the last that told one (RFC 9293 3.10.7.4). */
export function updateSendWindow(connection: Connection, segment: Segment): void {
  const older =
    after(connection.windowSequence, segment.sequence) ||
    (connection.windowSequence == segment.sequence &&
      after(connection.windowAcknowledgment, segment.acknowledgment));
  if (older) return;
  setSendWindow(connection, segment, segment.window << (<u32>connection.sendScale));
}

export function setSendWindow(connection: Connection, segment: Segment, window: u32): void {
  connection.sendWindow = window;
  if (window > connection.sendWindowMaximum) connection.sendWindowMaximum = window;
  connection.windowSequence = segment.sequence;
  connection.windowAcknowledgment = segment.acknowledgment;
}

/** RFC 9293 3.10.7.4, table 6: does any part of the segment lie in the window? */
export function inReceiveWindow(connection: Connection, segment: Segment): bool {
  const next = connection.receiveNext;
  const window = acceptedWindow(connection);
  const extent = segment.extent;
  if (segment.sequence == next && extent <= window) return true;
  const edge = next + window;
  if (atOrAfter(segment.sequence, next) && before(segment.sequence, edge)) return true;
  if (extent == 0) return segment.sequence == next;
  const last = segment.sequence + extent - 1;
  return atOrAfter(last, next) && before(last, edge) && before(segment.sequence, edge);
}
