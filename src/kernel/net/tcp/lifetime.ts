/**
 * How connections begin and end: preparing a block, the end of it, TIME-WAIT, and giving the block back once the
 * owner has been told.
 *
 * The owner is never told from here: `end` may be reached from within a call of the owner. It is told from the work
 * list (`turn.ts`).
 */
import { CloseReason } from "../../../abi/status";
import { now } from "../../time/clock";
import { Timer, TimerOwner } from "../../time/wheel";
import { Flow } from "../layer";
import { disarmTimers, LONG_TIMER, setAlarm, SHORT_TIMER } from "./alarm";
import { Alarm, Connection, NO_CONNECTION } from "./connection";
import { emitReset, largestSegment, setSegmentSize } from "./emission";
import { findIdle } from "./eviction";
import { initialSequence } from "./isn";
import { DEFAULT_SEGMENT_SIZE, MINIMUM_SEGMENT_SIZE, RECEIVE_SCALE, TIME_WAIT } from "./limits";
import { forgetHandshake, Listener } from "./listener";
import {
  forgetOffer,
  NO_SCALE,
  offeredScale,
  offeredSegmentSize,
  offeredSelective,
  parseOptions,
  STAMP_OPTION,
  stamp,
  stamped,
} from "./options";
import { dropPieces } from "./reassembly";
import { startRtt } from "./rtt";
import { closeScoreboard } from "./scoreboard";
import { Segment } from "./segment";
import { after } from "./sequence";
import { stampOffset } from "./stamp";
import { Event, next, State } from "./state";
import { giveConnection, insertConnection, removeConnection, takeConnection } from "./table";
import { markWork } from "./work";

/** Blocks kept free by ending connections that matter least. */
const FREE_BLOCKS: u32 = 8;

let timerOwner: TimerOwner = changetype<TimerOwner>(0);
let limit: u32 = 0;
let living: u32 = 0;
let waitOldest: usize = 0;
let waitNewest: usize = 0;

export function startLifetime(owner: TimerOwner, connectionLimit: u32): void {
  timerOwner = owner;
  limit = connectionLimit;
}

/** Moves along the state machine. Raising an event that the state does not allow is our own error. */
export function advance(connection: Connection, event: Event): void {
  const state = next(connection.state, event);
  assert(state != State.Illegal, "tcp: an event that the state does not allow");
  connection.state = state;
}

/** A connection for `flow`, in the table, in state Closed; none at the limit. `lowest` is before its first sequence. */
export function begin(flow: Flow, lowest: u32): Connection {
  if (living + FREE_BLOCKS >= limit) makeRoom();
  const connection = takeConnection();
  if (connection == null) return NO_CONNECTION;
  living++;
  memory.copy(changetype<usize>(connection), changetype<usize>(flow), offsetof<Flow>());
  let initial = initialSequence(flow, now());
  if (lowest != 0 && !after(initial, lowest)) initial = lowest + 1;
  setInitialSend(connection, initial);
  connection.progressAt = now();
  connection.stampOffset = stampOffset(connection.flow);
  setSegmentSize(connection, DEFAULT_SEGMENT_SIZE);
  connection.receiveSegmentSize = DEFAULT_SEGMENT_SIZE;
  startRtt(connection);
  prepareTimer(connection, connection.longTimer, LONG_TIMER);
  prepareTimer(connection, connection.shortTimer, SHORT_TIMER);
  insertConnection(connection);
  return connection;
}

/** Our first sequence number, which our SYN takes. */
export function setInitialSend(connection: Connection, initial: u32): void {
  connection.initialSend = initial;
  connection.sendUnacknowledged = initial;
  connection.highestDelivered = initial;
  connection.sendNext = initial + 1;
  connection.sendMaximum = initial + 1;
}

/** Takes from the peer's SYN what it says about the connection. */
export function takeSyn(connection: Connection, segment: Segment): void {
  forgetOffer();
  parseOptions(segment.options, segment.optionsLength);
  takeOffer(connection, segment.sequence);
}

/** Takes what the options that were read last offer; the peer's SYN had the number `initial`. */
export function takeOffer(connection: Connection, initial: u32): void {
  connection.initialReceive = initial;
  connection.receiveNext = initial + 1;
  connection.receiveEdge = connection.receiveNext + 0xffff;
  connection.lastAcknowledged = connection.receiveNext;
  connection.stamps = stamped;
  connection.recentStamp = stamped ? stamp : 0;
  connection.recentStampAt = now();
  connection.selective = offeredSelective;
  const size = min<u32>(offeredSegmentSize, largestSegment(connection.flow)) - (stamped ? STAMP_OPTION : 0);
  setSegmentSize(connection, max<u32>(size, MINIMUM_SEGMENT_SIZE));
  if (offeredScale != NO_SCALE) {
    connection.sendScale = offeredScale;
    connection.receiveScale = RECEIVE_SCALE;
  }
}

/** The connection is no more: both directions, at once. What was received and not taken is lost, and that there was an end. */
export function end(connection: Connection, event: Event, reason: CloseReason): void {
  if (connection.state == State.Closed) return;
  connection.receiveQueue.clear();
  connection.finishedTold = true;
  connection.reason = reason;
  close(connection, event);
}

/** `event` leads to Closed: nothing need be remembered. The owner may still take what was received. */
export function close(connection: Connection, event: Event): void {
  const isHandshake = connection.state == State.SynReceived || connection.state == State.Listen;
  if (isHandshake) forgetHandshake(changetype<Listener>(connection.listener));
  if (connection.state == State.TimeWait) leaveTimeWait(connection);
  advance(connection, event);
  assert(connection.state == State.Closed, "tcp: an end that is none");
  removeConnection(connection);
  disarmTimers(connection);
  connection.sendQueue.clear();
  dropPieces(connection);
  closeScoreboard(connection);
  markWork(connection);
}

/** RFC 9293 3.3.2, TIME-WAIT: nothing is held but the block. */
export function enterTimeWait(connection: Connection): void {
  connection.sendQueue.clear();
  dropPieces(connection);
  closeScoreboard(connection);
  restartTimeWait(connection);
  connection.waitPrevious = waitNewest;
  connection.waitNext = 0;
  if (waitNewest != 0) changetype<Connection>(waitNewest).waitNext = changetype<usize>(connection);
  else waitOldest = changetype<usize>(connection);
  waitNewest = changetype<usize>(connection);
  markWork(connection);
}

export function restartTimeWait(connection: Connection): void {
  setAlarm(connection, Alarm.TimeWait, now() + TIME_WAIT);
}

/** Gives the block back. Its owner has been told, and no list holds it. */
export function release(connection: Connection): void {
  living--;
  connection.receiveQueue.clear();
  // Whatever its owner did in its last calls: a timer that outlives its block is a list of timers that leads anywhere.
  disarmTimers(connection);
  giveConnection(connection);
}

export function freeConnections(): u32 {
  return limit - living;
}

/** The block is free once its owner has been told, before the next turn. */
function makeRoom(): void {
  if (waitOldest != 0) return close(changetype<Connection>(waitOldest), Event.Timeout);
  const idle = findIdle();
  if (idle == null) return;
  emitReset(idle);
  end(idle, Event.Timeout, CloseReason.TimedOut);
}

function leaveTimeWait(connection: Connection): void {
  const following = connection.waitNext;
  const previous = connection.waitPrevious;
  if (following != 0) changetype<Connection>(following).waitPrevious = previous;
  else waitNewest = previous;
  if (previous != 0) changetype<Connection>(previous).waitNext = following;
  else waitOldest = following;
}

function prepareTimer(connection: Connection, timer: Timer, kind: u32): void {
  timer.owner = timerOwner;
  timer.user = changetype<usize>(connection);
  timer.kind = kind;
}
