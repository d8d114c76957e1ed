/**
 * Repair with selective acknowledgments (RFC 6675): an acknowledgment updates the scoreboard, RACK finds what is
 * lost, `output.ts` sends it again, and proportional rate reduction (RFC 6937) paces that by what is delivered.
 *
 * Tests: tcp.recovery.test.ts
 */
import { congestion } from "./algorithm";
import { Alarm, Connection } from "./connection";
import { blockCount, blockEnd, blockStart } from "./options";
import { startRetransmission } from "./output";
import { detectLosses, noteDelivered } from "./rack";
import { stopTiming } from "./rtt";
import {
  closeScoreboard,
  dropFirstRange,
  Mark,
  openScoreboard,
  rangeAt,
  rangeCount,
  rangeStart,
  recount,
  split,
} from "./scoreboard";
import { after, atOrAfter, atOrBefore, before } from "./sequence";
import { markDirty } from "./work";

/** An acknowledgment that moved the edge by `bytes`, 0 included. False: there is no scoreboard to keep. */
export function takeSelective(connection: Connection, bytes: u32): bool {
  if (connection.scoreboard == 0 && blockCount == 0) return false;
  if (!openScoreboard(connection)) return false;
  const sackedBefore = connection.sackedBytes;
  dropAcknowledged(connection, bytes);
  for (let index: u32 = 0; index < blockCount; index++) {
    const start = blockStart(index);
    const end = blockEnd(index);
    // Anything else is of data that is no more (RFC 2883), or made up.
    const plausible =
      atOrAfter(start, connection.sendUnacknowledged) &&
      before(start, end) &&
      atOrBefore(end, connection.sendMaximum);
    if (plausible) markSacked(connection, start, end);
  }
  recount(connection);
  // Signed: a peer that takes back what it acknowledged delivers nothing.
  const delivered = <i32>(bytes + connection.sackedBytes - sackedBefore);
  if (delivered > 0 && detectLosses(connection)) noteLoss(connection);
  steer(connection, bytes, delivered > 0 ? <u32>delivered : 0);
  if (connection.sendUnacknowledged == connection.sendMaximum) closeScoreboard(connection);
  else if (delivered > 0) markDirty(connection);
  return true;
}

/** RACK's timer fired: what was only late until now is lost. */
export function reorderingExpired(connection: Connection): void {
  if (connection.scoreboard == 0) return;
  if (detectLosses(connection)) {
    noteLoss(connection);
    markDirty(connection);
  }
  if (connection.alarm == Alarm.None) startRetransmission(connection);
}

/** Something is lost: the first time since the last recovery's end this is a sign of congestion. */
function noteLoss(connection: Connection): void {
  if (connection.recovering || before(connection.sendUnacknowledged, connection.recover)) return;
  stopTiming(connection);
  congestion.lost(connection);
  connection.congestionWindow = connection.pipe + connection.segmentSize; // for the first one at once
}

function steer(connection: Connection, bytes: u32, delivered: u32): void {
  if (!connection.recovering) {
    if (bytes > 0) congestion.acknowledged(connection, bytes);
    return;
  }
  if (atOrAfter(connection.sendUnacknowledged, connection.recover)) {
    connection.recovering = false;
    connection.congestionWindow = connection.slowStartThreshold;
    return;
  }
  if (delivered > 0) reduceInProportion(connection, delivered);
}

/** RFC 6937 3.1, with the slow start reduction bound. */
function reduceInProportion(connection: Connection, delivered: u32): void {
  connection.recoveryDelivered += delivered;
  const pipe = connection.pipe;
  const threshold = connection.slowStartThreshold;
  const sent = connection.recoverySent;
  let allowed: i64;
  if (pipe > threshold) {
    const share = (<u64>connection.recoveryDelivered * threshold) / max<u32>(connection.recoveryFlight, 1);
    allowed = <i64>share + 1 - <i64>sent;
  } else {
    const caughtUp = max<i64>(<i64>connection.recoveryDelivered - <i64>sent, <i64>delivered);
    allowed = min<i64>(<i64>(threshold - pipe), caughtUp + <i64>connection.segmentSize);
  }
  connection.congestionWindow = pipe + <u32>max<i64>(allowed, 0);
}

/** Takes off what the edge has passed in its step of `bytes`. */
function dropAcknowledged(connection: Connection, bytes: u32): void {
  const edge = connection.sendUnacknowledged;
  let start = edge - bytes;
  while (start != edge && rangeCount(connection) > 0) {
    const range = rangeAt(connection, 0);
    const whole = atOrBefore(range.end, edge);
    const end = whole ? range.end : edge;
    if ((range.mark & Mark.Sacked) == 0) noteDelivered(connection, range, end);
    start = end;
    if (whole) dropFirstRange(connection);
  }
}

/** Notes that the peer has everything from `start` to `end`. */
function markSacked(connection: Connection, start: u32, end: u32): void {
  // Bounded: each step passes a range or cuts one, of which there are as many as a chunk holds.
  for (let index: u32 = 0; index < rangeCount(connection); index++) {
    const first = rangeStart(connection, index);
    if (!before(first, end)) return;
    const range = rangeAt(connection, index);
    if ((range.mark & Mark.Sacked) != 0 || atOrBefore(range.end, start)) continue;
    if (before(first, start)) {
      if (!split(connection, index, start)) return;
      continue;
    }
    if (after(range.end, end) && !split(connection, index, end)) return;
    noteDelivered(connection, range, range.end);
    range.mark = Mark.Sacked;
  }
}
