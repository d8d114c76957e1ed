/**
 * A segment arrives: RFC 9293 3.10.7, step by step and in its order, with the stricter checks of RFC 5961.
 *
 * The steps of 3.10.7.4: sequence, RST, SYN, ACK, text, FIN. Each says whether the next one still applies.
 *
 * Tests: tcp.test.ts
 */
import { CloseReason } from "../../../abi/status";
import { now } from "../../time/clock";
import { Flow } from "../layer";
import { ACK, FIN, PSH, RST, SYN } from "../wire/tcp";
import { Connection } from "./connection";
import { acknowledgeSoon } from "./delayed-ack";
import { takeText } from "./delivery";
import { emitAcknowledgment } from "./emission";
import { completeHandshake, passiveOpen, receiveHeld, receiveInSynSent } from "./handshake";
import { advance, close, end, enterTimeWait, restartTimeWait } from "./lifetime";
import { CHALLENGE_INTERVAL, WRITABLE_SPACE } from "./limits";
import { parseOptions, stamp, stamped } from "./options";
import { takeSelective } from "./recovery";
import { acknowledgedMore, duplicateAcknowledgment, sendSyn } from "./retransmission";
import { parseSegment, Segment } from "./segment";
import { after, before } from "./sequence";
import { Event, State } from "./state";
import { noteDuplicate } from "./selective";
import { fullSendLimit } from "./send-limit";
import { isOld, rememberStamp } from "./stamp";
import { findConnection } from "./table";
import { judgeProbe } from "./tail-probe";
import { acceptedWindow, inReceiveWindow, updateSendWindow } from "./window";
import { markDirty } from "./work";

/** Of the option as all senders write it, padded (RFC 7323, appendix A). */
const STAMP_SIZE: u32 = 12;

const segment: Segment = changetype<Segment>(memory.data(32, 8));

export function receiveSegment(flow: Flow, pointer: usize, length: u32): void {
  if (!parseSegment(segment, flow, pointer, length)) return;
  let connection = findConnection(flow);
  if (connection == null) {
    if (!passiveOpen(flow, segment, 0)) return;
    connection = findConnection(flow);
  }
  if (connection.state <= State.SynSent) {
    if (connection.state == State.Listen) return receiveHeld(connection, segment);
    return receiveInSynSent(connection, segment);
  }
  parseOptions(segment.options, segment.optionsLength);
  if (isExpected(connection)) return receiveExpected(connection);
  if (connection.stamps && isForgotten(connection)) return;
  if (connection.state == State.TimeWait && isNewLife(connection)) return reopen(connection);
  if (!checkSequence(connection)) return;
  connection.heardAt = now();
  if (segment.has(RST | SYN)) return receiveResetOrSyn(connection);
  if (!segment.has(ACK)) return;
  if (connection.state == State.SynReceived && !completeHandshake(connection, segment)) return;
  if (!takeAcknowledgment(connection)) return;
  // Only what window and acknowledgment show to be the peer's may set the clock (RFC 7323 5.3, R3; RFC 5961 5): who
  // could set it forward would have all that the peer sends taken for old.
  if (connection.stamps && stamped) rememberStamp(connection, segment);
  if (segment.length > 0 || segment.has(FIN)) takeText(connection, segment);
}

/**
 * Whether none of the steps before the fifth has anything to say, nor the fifth but of progress: an open connection's
 * next bytes or its next acknowledgment, or both, without options but its stamp (header prediction, after Jacobson).
 */
function isExpected(connection: Connection): bool {
  if (connection.state != State.Established || segment.sequence != connection.receiveNext) return false;
  if ((segment.flags & ~(<u32>PSH)) != ACK) return false;
  if (!connection.stamps) {
    if (segment.optionsLength != 0) return false;
  } else if (!stamped || segment.optionsLength != STAMP_SIZE || before(stamp, connection.recentStamp)) {
    return false;
  }
  if (<i32>(connection.receiveEdge - segment.sequence - segment.length) < 0) return false;
  return !after(segment.acknowledgment, connection.sendMaximum);
}

/** The fifth and the seventh step of what was expected. */
function receiveExpected(connection: Connection): void {
  connection.heardAt = now();
  const bytes = segment.acknowledgment - connection.sendUnacknowledged;
  if (<i32>bytes > 0) {
    updateSendWindow(connection, segment);
    if (!takeProgress(connection, bytes)) return;
  } else if (!takeAcknowledgment(connection)) {
    return;
  }
  if (connection.stamps) rememberStamp(connection, segment);
  if (segment.length > 0) takeText(connection, segment);
}

/** Before the first step (RFC 7323 5.3, R1): a segment of long ago is answered and forgotten. */
function isForgotten(connection: Connection): bool {
  if (segment.has(RST | SYN) || !isOld(connection)) return false; // these have their own checks
  // A segment without a stamp is not the peer's (RFC 7323 3.2): nothing is said to it.
  if (stamped) answerUnacceptable(connection);
  return true;
}

/** First step: is the segment in the window? */
function checkSequence(connection: Connection): bool {
  if (inReceiveWindow(connection, segment)) return true;
  if (acceptedWindow(connection) == 0 && segment.sequence == connection.receiveNext) {
    // A closed window still lets acknowledgments and resets in (RFC 9293 3.10.7.4).
    segment.length = 0;
    segment.flags &= ~(<u32>FIN);
    acknowledgeSoon(connection);
    return true;
  }
  if (segment.has(RST)) return false;
  if (connection.state == State.TimeWait) return receiveInTimeWait(connection);
  if (connection.state == State.SynReceived && segment.has(SYN) && !segment.has(ACK)) {
    // The peer did not see our answer and asked again.
    if (segment.sequence == connection.initialReceive) sendSyn(connection);
    return false;
  }
  answerUnacceptable(connection);
  return false;
}

/** A bare acknowledgment or a SYN is answered seldom, or two peers that disagree would answer each other for ever. */
function answerUnacceptable(connection: Connection): void {
  if (before(segment.sequence, connection.receiveNext))
    noteDuplicate(connection, segment.sequence, segment.length);
  if (segment.extent == 0 || segment.has(SYN)) challenge(connection);
  else acknowledgeSoon(connection);
}

/** A SYN that cannot be of the life that ended: its number is higher, or its stamp (RFC 9293 3.6.1, RFC 6191). */
function isNewLife(connection: Connection): bool {
  if ((segment.flags & (SYN | ACK | RST)) != SYN) return false;
  if (connection.stamps && stamped) return after(stamp, connection.recentStamp);
  return after(segment.sequence, connection.receiveNext);
}

function reopen(connection: Connection): void {
  const lowest = connection.sendMaximum;
  close(connection, Event.Timeout);
  passiveOpen(connection.flow, segment, lowest);
}

/** An old segment in TIME-WAIT: perhaps the peer's FIN once more. */
function receiveInTimeWait(connection: Connection): bool {
  if (segment.has(FIN)) restartTimeWait(connection);
  acknowledgeSoon(connection);
  return false;
}

/** Second and fourth step, with RFC 5961 3 and 4. */
function receiveResetOrSyn(connection: Connection): void {
  if (segment.has(SYN)) return challenge(connection);
  if (segment.sequence != connection.receiveNext) return challenge(connection);
  // TIME-WAIT is not cut short by a reset (RFC 1337).
  if (connection.state == State.TimeWait) return;
  const active = connection.state == State.SynReceived && connection.listener == 0;
  end(connection, Event.Reset, active ? CloseReason.Refused : CloseReason.Reset);
}

/** Asks the peer whether it meant it (RFC 5961 7: not often). */
function challenge(connection: Connection): void {
  if (connection.challengedAt != 0 && now() - connection.challengedAt < CHALLENGE_INTERVAL) return;
  connection.challengedAt = now();
  emitAcknowledgment(connection);
}

/** Fifth step: the acknowledgment. False: the segment is done with. */
function takeAcknowledgment(connection: Connection): bool {
  const acknowledgment = segment.acknowledgment;
  // RFC 5961 5: neither beyond what was sent nor older than the largest window.
  if (
    after(acknowledgment, connection.sendMaximum) ||
    before(acknowledgment, connection.sendUnacknowledged - connection.sendWindowMaximum)
  ) {
    challenge(connection);
    return false;
  }
  const bytes = <i32>(acknowledgment - connection.sendUnacknowledged);
  if (bytes > 0) {
    updateSendWindow(connection, segment);
    return takeProgress(connection, <u32>bytes);
  }
  const window = connection.sendWindow;
  if (bytes == 0) updateSendWindow(connection, segment);
  const unchanged = connection.sendWindow == window;
  if (!unchanged) markDirty(connection);
  connection.retries = 0;
  if (connection.probing) judgeProbe(connection);
  if (bytes < 0 || connection.sendMaximum == connection.sendUnacknowledged) return true;
  // What the peer has beyond the gap counts on any segment; without that, only a bare one says that data came
  // (RFC 5681 2).
  if (connection.selective && takeSelective(connection, 0)) return true;
  if (unchanged && segment.extent == 0) duplicateAcknowledgment(connection);
  return true;
}

function takeProgress(connection: Connection, bytes: u32): bool {
  const queue = connection.sendQueue;
  const held = min(bytes, queue.length);
  connection.sendUnacknowledged += bytes;
  connection.progressAt = now();
  queue.consume(held);
  acknowledgedMore(connection, bytes);
  if (bytes > held) takeAcknowledgmentOfFin(connection);
  if (queue.length > 0 || connection.finQueued) markDirty(connection);
  if (connection.wantsWritable) tellWritable(connection);
  return connection.state != State.Closed;
}

/** What was acknowledged beyond the queue is our FIN. */
function takeAcknowledgmentOfFin(connection: Connection): void {
  if (connection.state == State.LastAck) return close(connection, Event.AckOfFin);
  advance(connection, Event.AckOfFin);
  if (connection.state == State.TimeWait) enterTimeWait(connection);
}

/** Tells the owner that there is room, once there is a good deal of it. */
export function tellWritable(connection: Connection): void {
  if (!connection.attached || connection.finQueued) return;
  if (connection.sendQueue.length + WRITABLE_SPACE > fullSendLimit(connection)) return;
  connection.wantsWritable = false;
  connection.owner.writable(connection.user);
}
