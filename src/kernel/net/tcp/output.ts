/**
 * What a connection sends at the end of a turn: as much of its queue as both windows allow, its FIN, or the
 * acknowledgment that is due (RFC 9293 3.10.2, 3.8.6).
 *
 * Nagle's algorithm is off: owners write whole messages, and all that a turn writes leaves in full segments.
 */
import { now } from "../../time/clock";
import { FIN, PSH } from "../wire/tcp";
import { setAlarm } from "./alarm";
import { congestion } from "./algorithm";
import { Alarm, Connection } from "./connection";
import { mustAcknowledge } from "./delayed-ack";
import { emitAcknowledgment, emitData } from "./emission";
import { rest } from "./keep-alive";
import { DUPLICATE_THRESHOLD } from "./limits";
import { stopTiming, timeSegment } from "./rtt";
import {
  firstLost,
  noteResent,
  noteSent,
  openScoreboard,
  rangeAt,
  rangeCount,
  rangeStart,
  split,
} from "./scoreboard";
import { after, before, later } from "./sequence";
import { sends, State } from "./state";
import { armProbe } from "./tail-probe";

/** Sends what may be sent now. False: the network had no room, so this connection stays dirty. */
export function transmit(connection: Connection): bool {
  if (connection.state < State.SynReceived) return true; // SYNs are sent where they are due
  if (sends(connection.state) && !transmitQueue(connection)) return false;
  if (mustAcknowledge(connection)) return emitAcknowledgment(connection);
  return true;
}

/** How many bytes may leave now, by the peer's window and the network's. */
function usableWindow(connection: Connection): u32 {
  let congestionWindow = connection.congestionWindow;
  // Limited transmit (RFC 3042): the first duplicates let new segments out, so that there can be a third.
  if (connection.duplicates < DUPLICATE_THRESHOLD) {
    congestionWindow += connection.duplicates * connection.segmentSize;
  }
  const pipe = connection.pipe;
  const inFlight = connection.inFlight;
  const window = connection.sendWindow;
  return window > inFlight && congestionWindow > pipe ? min(window - inFlight, congestionWindow - pipe) : 0;
}

function transmitQueue(connection: Connection): bool {
  const total = connection.sendQueue.length;
  if (total == 0 && !connection.finQueued) return true;
  restartAfterIdle(connection);
  if (connection.lostBytes != 0 && !resendLost(connection)) return false;
  // Bounded: each step sends at least a byte of a queue that does not grow here.
  // An offset beyond the queue: the FIN is out.
  let offset = connection.inFlight;
  while (offset < total || (offset == total && connection.finQueued)) {
    const left = total - offset;
    const length = nextLength(connection, left);
    const fin = connection.finQueued && length == left && usableWindow(connection) > length;
    if (length == 0 && !(fin && left == 0)) {
      awaitWindow(connection, left > 0 || connection.finQueued);
      return true;
    }
    if (!sendNew(connection, offset, length, left, fin)) return false;
    offset = connection.inFlight;
  }
  return true;
}

/** Bytes that leave next as one: 0 where a short segment would be silly (RFC 9293 3.8.6.2.1). */
function nextLength(connection: Connection, left: u32): u32 {
  const usable = usableWindow(connection);
  const length = min(min(left, usable), connection.burstSize);
  if (length == left && length < connection.burstSize && isFollowed(connection)) return 0;
  // Whole segments and nothing else, where more is to come.
  if (length > connection.segmentSize)
    return length == left ? length : length - (length % connection.segmentSize);
  if (length == left || length == connection.segmentSize) return length;
  return length >= connection.sendWindowMaximum / 2 ? length : 0;
}

/** Its writer waits for room with more, and acknowledgments are under way that give it: nothing short leaves before. */
function isFollowed(connection: Connection): bool {
  return connection.wantsWritable && connection.inFlight >= 2 * connection.burstSize;
}

function sendNew(connection: Connection, offset: u32, length: u32, left: u32, fin: bool): bool {
  const sequence = connection.sendNext;
  const flags = (length == left && length > 0 ? PSH : 0) | (fin ? FIN : 0);
  if (!emitData(connection, sequence, flags, offset, length)) {
    // Should nothing else happen on this connection, the timer will try again.
    if (connection.alarm == Alarm.None) startRetransmission(connection);
    return false;
  }
  const end = sequence + length + (fin ? 1 : 0);
  if (fin) connection.finSent = true;
  if (after(end, connection.sendMaximum)) timeSegment(connection, end, now());
  if (connection.selective && connection.sendMaximum != connection.sendUnacknowledged)
    noteSent(connection, end);
  connection.sendNext = end;
  connection.sendMaximum = later(connection.sendMaximum, end);
  connection.lastSentAt = now();
  if (connection.recovering) connection.recoverySent += length;
  armRepair(connection);
  return true;
}

/** Sends again what is lost, lowest first, as far as the congestion window allows. False: the network is full. */
function resendLost(connection: Connection): bool {
  // Bounded: each step makes fewer bytes lost.
  while (connection.lostBytes != 0) {
    const index = firstLost(connection);
    const start = rangeStart(connection, index);
    const length = min(rangeAt(connection, index).end - start, connection.segmentSize);
    const pipe = connection.pipe;
    if (pipe > 0 && pipe + length > connection.congestionWindow) return true;
    if (!resend(connection, start, length)) {
      if (connection.alarm == Alarm.None) startRetransmission(connection);
      return false;
    }
    noteResent(connection, index, start + length);
    stopTiming(connection);
    connection.recoverySent += length;
    if (connection.alarm != Alarm.Retransmission) startRetransmission(connection);
  }
  return true;
}

/** Sends `length` sequence numbers from `start` on once more; the last may be the FIN. */
function resend(connection: Connection, start: u32, length: u32): bool {
  const offset = start - connection.sendUnacknowledged;
  const held = connection.sendQueue.length - offset;
  return emitData(connection, start, length > held ? FIN : 0, offset, min(length, held));
}

/** The last segment once more (RFC 8985 7.3). */
export function retransmitLast(connection: Connection): void {
  const end = connection.sendMaximum;
  let start = end - min(connection.segmentSize, end - connection.sendUnacknowledged);
  stopTiming(connection);
  if (!openScoreboard(connection) || rangeCount(connection) == 0) {
    resend(connection, start, end - start);
    return;
  }
  let index = rangeCount(connection) - 1;
  const first = rangeStart(connection, index);
  if (before(first, start) && split(connection, index, start)) index++;
  else start = first;
  const length = min(end - start, connection.segmentSize);
  if (resend(connection, start, length)) noteResent(connection, index, end);
}

/** One segment of new data beyond the congestion window, where the peer has room. False: there is none. */
export function sendBeyond(connection: Connection): bool {
  const inFlight = connection.inFlight;
  const total = connection.sendQueue.length;
  if (inFlight >= total || connection.sendWindow <= inFlight) return false;
  const left = total - inFlight;
  const length = min(min(left, connection.segmentSize), connection.sendWindow - inFlight);
  return sendNew(connection, inFlight, length, left, false);
}

/** New data is out: whichever comes first asks after it (RFC 8985 7.2, RFC 6298 5.1). */
function armRepair(connection: Connection): void {
  if (connection.alarm == Alarm.Reordering || armProbe(connection)) return;
  if (connection.alarm != Alarm.Retransmission) startRetransmission(connection);
}

/** Starts, or starts again, the retransmission timer (RFC 6298 5.1, 5.3). */
export function startRetransmission(connection: Connection): void {
  setAlarm(connection, Alarm.Retransmission, now() + connection.rto);
}

/** Nothing may be sent. With nothing in flight no acknowledgment will come: the persist timer must probe. */
function awaitWindow(connection: Connection, waiting: bool): void {
  if (!waiting || connection.inFlight > 0 || connection.alarm == Alarm.Persist) return;
  connection.probes = 0;
  setAlarm(connection, Alarm.Persist, now() + connection.rto);
}

function restartAfterIdle(connection: Connection): void {
  if (connection.sendMaximum != connection.sendUnacknowledged) return;
  if (connection.lastSentAt != 0 && now() - connection.lastSentAt > connection.rto)
    congestion.idled(connection);
}

/**
 * One byte beyond a closed window, or what a window too small for a good segment allows (RFC 9293 3.8.6.1).
 * The cursor stays: the byte counts as sent only by the maximum, so an acknowledgment of it is believed.
 */
export function probeWindow(connection: Connection): void {
  const total = connection.sendQueue.length;
  const sequence = connection.sendUnacknowledged;
  const length = min(total, max<u32>(min(connection.sendWindow, connection.segmentSize), 1));
  const fin = connection.finQueued && length == total;
  if (!emitData(connection, sequence, fin ? FIN : 0, 0, length)) return;
  if (fin) connection.finSent = true;
  connection.sendMaximum = later(connection.sendMaximum, sequence + length + (fin ? 1 : 0));
}

/** The first unacknowledged segment once more; the cursor stays where it is. */
export function retransmitFirst(connection: Connection): void {
  const total = connection.sendQueue.length;
  const sent = connection.sendMaximum - connection.sendUnacknowledged;
  const length = min(min(total, connection.segmentSize), sent);
  const fin = connection.finSent && length == total;
  emitData(connection, connection.sendUnacknowledged, fin ? FIN : 0, 0, length);
}

/** All that was sent has been acknowledged, or not: the timer follows (RFC 6298 5.2, 5.3). */
export function retimeRetransmission(connection: Connection): void {
  if (connection.sendUnacknowledged == connection.sendMaximum) rest(connection);
  else if (!armProbe(connection)) startRetransmission(connection);
}
