/**
 * Finding loss: the retransmission timer (RFC 6298 5), duplicate acknowledgments (RFC 5681 3.2, RFC 6582), and the
 * limit after which the peer is given up (RFC 9293 3.8.3).
 *
 * Tests: tcp.loss.test.ts
 */
import { CloseReason } from "../../../abi/status";
import { now } from "../../time/clock";
import { ACK } from "../wire/tcp";
import { setAlarm } from "./alarm";
import { congestion } from "./algorithm";
import { mayRecover } from "./congestion";
import { Alarm, Connection } from "./connection";
import { emitSyn } from "./emission";
import { end } from "./lifetime";
import {
  ANSWER_RETRANSMISSION_LIMIT,
  DUPLICATE_THRESHOLD,
  RECEIVE_SCALE,
  RETRANSMISSION_LIMIT,
  RTO_MAXIMUM,
  SYN_RETRANSMISSION_LIMIT,
} from "./limits";
import { blockCount, NO_SCALE } from "./options";
import { probeWindow, retimeRetransmission, retransmitFirst, startRetransmission } from "./output";
import { takeSelective } from "./recovery";
import { backOff, sampleRtt, stopTiming } from "./rtt";
import { later } from "./sequence";
import { markAllLost, openScoreboard } from "./scoreboard";
import { Event, State } from "./state";
import { judgeProbe } from "./tail-probe";
import { markDirty } from "./work";

function retransmissionLimit(connection: Connection): u32 {
  if (connection.state >= State.Established) return RETRANSMISSION_LIMIT;
  return connection.listener == 0 ? SYN_RETRANSMISSION_LIMIT : ANSWER_RETRANSMISSION_LIMIT;
}

/** The retransmission timer fired. */
export function retransmissionExpired(connection: Connection): void {
  const handshake = connection.state < State.Established;
  connection.retries++;
  if (connection.retries > retransmissionLimit(connection)) {
    end(connection, Event.Timeout, CloseReason.TimedOut);
    return;
  }
  backOff(connection);
  stopTiming(connection);
  if (handshake) {
    sendSyn(connection);
    return;
  }
  if (connection.sendUnacknowledged == connection.sendMaximum && connection.sendQueue.length == 0) {
    if (!connection.finQueued) return;
  }
  congestion.timedOut(connection);
  connection.duplicates = 0;
  connection.probing = false;
  resendFlight(connection);
}

/** All that is in flight and not known to have arrived is to be sent again, as the windows allow. */
export function resendFlight(connection: Connection): void {
  if (connection.selective && openScoreboard(connection)) markAllLost(connection);
  else connection.sendNext = connection.sendUnacknowledged;
  markDirty(connection);
}

/** Sends our SYN, for the first time or again, and starts its timer. */
export function sendSyn(connection: Connection): void {
  const answering = connection.state == State.SynReceived;
  // An answer has what the question had; a question offers everything.
  const scale = answering && connection.receiveScale == 0 ? NO_SCALE : RECEIVE_SCALE;
  const selective = !answering || connection.selective;
  emitSyn(connection, answering ? ACK : 0, scale, selective, !answering || connection.stamps);
  startRetransmission(connection);
}

/** The persist timer fired: probes go on for as long as the peer answers any of them. */
export function persistExpired(connection: Connection): void {
  connection.retries++;
  if (connection.retries > RETRANSMISSION_LIMIT) {
    end(connection, Event.Timeout, CloseReason.TimedOut);
    return;
  }
  connection.probes++;
  probeWindow(connection);
  const wait = connection.rto << (<i64>min<u32>(connection.probes, RETRANSMISSION_LIMIT));
  setAlarm(connection, Alarm.Persist, now() + min<i64>(wait, RTO_MAXIMUM));
}

/** `bytes` more sequence numbers are acknowledged; `sendUnacknowledged` and the queue already say so. */
export function acknowledgedMore(connection: Connection, bytes: u32): void {
  const acknowledgment = connection.sendUnacknowledged;
  connection.sendNext = later(connection.sendNext, acknowledgment);
  connection.retries = 0;
  sampleRtt(connection, now());
  connection.duplicates = 0;
  if (connection.probing) judgeProbe(connection);
  if (connection.selective) {
    retimeRetransmission(connection);
    if (takeSelective(connection, bytes)) return;
  }
  if (!connection.recovering) {
    congestion.acknowledged(connection, bytes);
    retimeRetransmission(connection);
    return;
  }
  if (<i32>(acknowledgment - connection.recover) >= 0) {
    congestion.recovered(connection);
  } else {
    congestion.partlyAcknowledged(connection, bytes);
    // The acknowledgment names the next hole (RFC 6582 3.2, step 5).
    retransmitFirst(connection);
  }
  retimeRetransmission(connection);
}

/** An acknowledgment that moved nothing although data is out (RFC 5681 2, definition of a duplicate). */
export function duplicateAcknowledgment(connection: Connection): void {
  // RFC 6675 2: where selective acknowledgments are used, a duplicate is one that has news.
  if (connection.selective && blockCount == 0) return;
  connection.duplicates++;
  if (connection.recovering) {
    congestion.duplicate(connection);
  } else if (connection.duplicates == DUPLICATE_THRESHOLD && mayRecover(connection)) {
    stopTiming(connection);
    congestion.lost(connection);
    retransmitFirst(connection);
    startRetransmission(connection);
  }
  markDirty(connection);
}
