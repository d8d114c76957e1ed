/**
 * Opening connections: as the listener (RFC 9293 3.10.7.1 and .2), as the one who asks (3.10.7.3), and both at once.
 */
import { CloseReason } from "../../../abi/status";
import { now, SECOND } from "../../time/clock";
import { Flow } from "../layer";
import { StreamOwner } from "../../stream/stream";
import { ACK, RST, SYN } from "../wire/tcp";
import { congestion } from "./algorithm";
import { Connection, NO_CONNECTION } from "./connection";
import { answerWithCookie, takeCookie } from "./cookie";
import { acknowledgeSoon } from "./delayed-ack";
import { emitReset, mayBegin, refuse, setLocalAddress } from "./emission";
import { advance, begin, end, setInitialSend, takeOffer, takeSyn } from "./lifetime";
import { rest } from "./keep-alive";
import { countHandshake, forgetHandshake, Listener, listenerFor, rememberHandshake } from "./listener";
import { drawPort } from "./ports";
import { sendSyn } from "./retransmission";
import { sampleRtt, timeSegment } from "./rtt";
import { Segment } from "./segment";
import { after, atOrBefore } from "./sequence";
import { Event, State } from "./state";
import { provider } from "./provider";
import { setSendWindow } from "./window";
import { markDirty } from "./work";

/** RFC 6298 5.7: after a lost SYN, data begins with this time-out, unless a stamp has told the round trip. */
const RTO_AFTER_LOST_SYN: i64 = 3 * SECOND;

/**
 * A segment for no connection. `lowest`: 0, or a sequence number of the flow's last life (RFC 9293 3.4.1). True: it
 * brought back a handshake that was not remembered, and is to be processed as a segment of that.
 */
export function passiveOpen(flow: Flow, segment: Segment, lowest: u32): bool {
  if (segment.has(RST)) return false;
  const listener = listenerFor(flow.localPort);
  if (
    listener != null &&
    !listener.any &&
    (segment.flags & (ACK | SYN)) == ACK &&
    takeCookie(flow, segment)
  ) {
    return recallHandshake(listener, flow, segment);
  }
  if (listener == null || segment.has(ACK)) {
    refuse(flow, segment);
    return false;
  }
  if (segment.has(SYN)) answerSyn(listener, flow, segment, lowest);
  return false;
}

function answerSyn(listener: Listener, flow: Flow, segment: Segment, lowest: u32): void {
  if (!rememberHandshake(listener)) return answerUnremembered(listener, flow, segment);
  const connection = begin(flow, lowest);
  if (connection == null) {
    forgetHandshake(listener);
    return answerUnremembered(listener, flow, segment);
  }
  listenWith(connection, listener);
  takeSyn(connection, segment);
  if (listener.any) hold(connection);
  else answerHeld(connection);
}

/** A cookie would promise what only the owner can: who is not answered asks again. */
function answerUnremembered(listener: Listener, flow: Flow, segment: Segment): void {
  if (!listener.any) answerWithCookie(flow, segment);
}

/**
 * Who stands for every address has to ask others first: its SYN stays unanswered, in LISTEN, until the owner says
 * (`answer`, `refuse`) or goes away without a word (`abort`).
 */
function hold(connection: Connection): void {
  connection.attached = true;
  connection.user = connection.owner.opened(provider, changetype<usize>(connection));
  if (connection.user != 0) return;
  connection.attached = false;
  refuseHeld(connection);
}

/** The SYN that was held is answered. */
export function answerHeld(connection: Connection): void {
  if (connection.state != State.Listen) return;
  advance(connection, Event.Syn);
  timeSegment(connection, connection.sendMaximum, now());
  sendSyn(connection);
}

/** The SYN that was held is answered with a reset. */
export function refuseHeld(connection: Connection): void {
  if (connection.state != State.Listen) return;
  emitReset(connection);
  end(connection, Event.Abort, CloseReason.Aborted);
}

/** A segment for a SYN that is held (RFC 9293 3.10.7.2): the newest SYN is the one that will be answered. */
export function receiveHeld(connection: Connection, segment: Segment): void {
  if (segment.has(RST)) return;
  if (segment.has(ACK)) return refuse(connection.flow, segment);
  if (!segment.has(SYN)) return;
  connection.sendScale = 0;
  connection.receiveScale = 0;
  takeSyn(connection, segment);
}

/** The peer acknowledged a cookie: the connection is as if its SYN had been remembered. */
function recallHandshake(listener: Listener, flow: Flow, segment: Segment): bool {
  const connection = begin(flow, 0);
  if (connection == null) return false; // it asks again, with its data
  countHandshake(listener);
  listenWith(connection, listener);
  setInitialSend(connection, segment.acknowledgment - 1);
  takeOffer(connection, segment.sequence - 1);
  advance(connection, Event.Syn);
  return true;
}

function listenWith(connection: Connection, listener: Listener): void {
  connection.listener = changetype<usize>(listener);
  connection.owner = listener.owner;
  advance(connection, Event.PassiveOpen);
}

/** Whether the last `activeOpen` gave none because no grant covers its other end. */
export let wasDenied: bool = false;

/** Asks for a connection: none without a grant, a route, a free port or a free block. */
export function activeOpen(flow: Flow, owner: StreamOwner, user: usize): Connection {
  wasDenied = !mayBegin(flow);
  if (wasDenied) return NO_CONNECTION;
  if (!setLocalAddress(flow) || !drawPort(flow)) return NO_CONNECTION;
  const connection = begin(flow, 0);
  if (connection == null) return NO_CONNECTION;
  connection.owner = owner;
  connection.user = user;
  connection.attached = true;
  advance(connection, Event.ActiveOpen);
  timeSegment(connection, connection.sendMaximum, now());
  sendSyn(connection);
  return connection;
}

/** RFC 9293 3.10.7.3: the answer to our SYN. */
export function receiveInSynSent(connection: Connection, segment: Segment): void {
  if (segment.has(ACK) && !acknowledgesSyn(connection, segment)) return refuse(connection.flow, segment);
  if (segment.has(RST)) {
    if (segment.has(ACK)) end(connection, Event.Reset, CloseReason.Refused);
    return;
  }
  if (!segment.has(SYN)) return;
  takeSyn(connection, segment);
  if (!segment.has(ACK)) {
    advance(connection, Event.Syn); // a simultaneous open
    sendSyn(connection);
    return;
  }
  advance(connection, Event.SynAck);
  establish(connection, segment, segment.window);
  acknowledgeSoon(connection);
  connection.owner.connected(connection.user);
}

/** RFC 9293 3.10.7.4, fifth step, SYN-RECEIVED. False: the segment is done with. */
export function completeHandshake(connection: Connection, segment: Segment): bool {
  if (!acknowledgesSyn(connection, segment)) {
    refuse(connection.flow, segment);
    return false;
  }
  advance(connection, Event.AckOfSyn);
  establish(connection, segment, segment.window << (<u32>connection.sendScale));
  forgetHandshake(changetype<Listener>(connection.listener));
  if (connection.attached) {
    connection.owner.connected(connection.user);
    return connection.state != State.Closed;
  }
  connection.attached = true;
  const user = connection.owner.opened(provider, changetype<usize>(connection));
  if (connection.state == State.Closed) return false;
  connection.user = user;
  if (user != 0) return true;
  connection.attached = false;
  emitReset(connection);
  end(connection, Event.Abort, CloseReason.Aborted);
  return false;
}

function acknowledgesSyn(connection: Connection, segment: Segment): bool {
  return (
    after(segment.acknowledgment, connection.initialSend) &&
    atOrBefore(segment.acknowledgment, connection.sendMaximum)
  );
}

function establish(connection: Connection, segment: Segment, window: u32): void {
  connection.sendUnacknowledged = connection.initialSend + 1;
  sampleRtt(connection, now());
  if (connection.retries > 0 && connection.smoothedRtt == 0) connection.rto = RTO_AFTER_LOST_SYN;
  connection.retries = 0;
  rest(connection);
  setSendWindow(connection, segment, window);
  congestion.started(connection);
  if (connection.finQueued) advance(connection, Event.Close); // asked for while the handshake went on
  markDirty(connection);
}
