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
import { congestion, mayRecover } from "./congestion";
import { Alarm, Connection } from "./connection";
import { emitSyn } from "./emission";
import { end } from "./lifetime";
import {
  DUPLICATE_THRESHOLD,
  RECEIVE_SCALE,
  RETRANSMISSION_LIMIT,
  RTO_MAXIMUM,
  SYN_RETRANSMISSION_LIMIT,
} from "./limits";
import { NO_SCALE } from "./options";
import { probeWindow, retimeRetransmission, retransmitFirst, startRetransmission } from "./output";
import { backOff, sampleRtt, stopTiming } from "./rtt";
import { later } from "./sequence";
import { State } from "./state";
import { markDirty } from "./work";

/** The retransmission timer fired. */
export function retransmissionExpired(connection: Connection): void {
  const handshake = connection.state < State.Established;
  connection.retries++;
  if (connection.retries > (handshake ? SYN_RETRANSMISSION_LIMIT : RETRANSMISSION_LIMIT)) {
    end(connection, CloseReason.TimedOut);
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
  connection.sendNext = connection.sendUnacknowledged;
  markDirty(connection);
}

/** Sends our SYN, for the first time or again, and starts its timer. */
export function sendSyn(connection: Connection): void {
  const answering = connection.state == State.SynReceived;
  const scale = answering && connection.receiveScale == 0 ? NO_SCALE : RECEIVE_SCALE;
  emitSyn(connection, answering ? ACK : 0, scale);
  startRetransmission(connection);
}

/** The persist timer fired: probes go on for as long as the peer answers any of them. */
export function persistExpired(connection: Connection): void {
  connection.retries++;
  if (connection.retries > RETRANSMISSION_LIMIT) {
    end(connection, CloseReason.TimedOut);
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
  sampleRtt(connection, acknowledgment, now());
  connection.duplicates = 0;
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
