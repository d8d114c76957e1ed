/**
 * The peer's bytes on their way to the owner: in place where the owner takes them, else into the receive queue, whose
 * length shrinks the window. Then the peer's FIN, in its order.
 *
 * Every call of the owner may end the connection: callers look at the state afterwards.
 */
import { availableChunks, chunkLimit } from "../../memory/chunk";
import { now } from "../../time/clock";
import { FIN } from "../wire/tcp";
import { Connection } from "./connection";
import { acknowledgeSoon, oweAcknowledgment } from "./delayed-ack";
import { emitAcknowledgment } from "./emission";
import { advance, enterTimeWait } from "./lifetime";
import { ACKNOWLEDGED_WITHIN_TURN, CHUNK_RESERVE } from "./limits";
import { dropFirstPiece, keep, readyPiece } from "./reassembly";
import { noteArrival, noteDuplicate } from "./selective";
import { Segment } from "./segment";
import { partOf } from "./send-limit";
import { after, atOrAfter, before } from "./sequence";
import { Event, receives, State } from "./state";
import { acceptedWindow, windowUpdateDue } from "./window";

/** RFC 9293 3.10.7.4, seventh and eighth step: the segment's text and FIN. */
export function takeText(connection: Connection, segment: Segment): void {
  if (!receives(connection.state)) return;
  let sequence = segment.sequence;
  let data = segment.data;
  let length = segment.length;
  const edge = connection.receiveNext + acceptedWindow(connection);
  if (segment.has(FIN)) noteFin(connection, sequence + length);
  if (after(connection.receiveNext, sequence)) {
    const old = min(connection.receiveNext - sequence, length);
    noteDuplicate(connection, sequence, old);
    sequence += old;
    data += old;
    length -= old;
  }
  if (after(sequence + length, edge)) {
    length = before(sequence, edge) ? edge - sequence : 0;
    acknowledgeSoon(connection); // the sender must learn that the window is full
  }
  if (sequence != connection.receiveNext && (length > 0 || segment.has(FIN))) {
    if (length > 0) {
      keep(connection, sequence, data, length);
      if (connection.selective) noteArrival(connection, sequence);
    }
    // At once, one for each: the sender counts them (RFC 5681 4.2).
    emitAcknowledgment(connection);
    return;
  }
  if (length > 0) {
    // What fills a gap is acknowledged at once (RFC 5681 4.2).
    if (connection.reassemblyHead != 0) acknowledgeSoon(connection);
    if (!deliver(connection, data, length)) return;
    if (connection.unacknowledgedBytes >= ACKNOWLEDGED_WITHIN_TURN) emitAcknowledgment(connection);
    if (connection.reassemblyHead != 0 && !deliverPieces(connection)) return;
  }
  if (connection.finSeen) takeFin(connection);
}

/** Hands bytes at `receiveNext` on. False: stop, the connection has ended or holds no more. */
function deliver(connection: Connection, pointer: usize, length: u32): bool {
  connection.receiveNext += length;
  connection.progressAt = now();
  oweAcknowledgment(connection, length);
  const queue = connection.receiveQueue;
  if (queue.length > 0 || connection.offering) {
    const held = hold(connection, pointer, length);
    if (!connection.offering) offer(connection);
    return held && connection.state != State.Closed;
  }
  connection.offering = true;
  const taken = connection.owner.received(connection.user, pointer, length);
  connection.offering = false;
  if (connection.state == State.Closed) return false;
  return taken >= length || hold(connection, pointer + taken, length - taken);
}

/** What is received and not taken leaves a quarter of all chunks for what is sent: else nobody would be answered. */
function reserve(): u32 {
  return max(CHUNK_RESERVE, chunkLimit() / 4);
}

function mayHold(connection: Connection): bool {
  const chunks = availableChunks();
  if (chunks > chunkLimit() / 2) return true;
  return chunks > reserve() && connection.receiveQueue.length < partOf(connection, chunks - reserve());
}

/** Queues bytes that `receiveNext` has passed; those that find no chunk were never received. */
function hold(connection: Connection, pointer: usize, length: u32): bool {
  const kept = mayHold(connection) ? connection.receiveQueue.append(pointer, length) : 0;
  connection.receiveNext -= length - kept;
  return kept == length;
}

function deliverPieces(connection: Connection): bool {
  let piece = readyPiece(connection);
  while (piece != null) {
    const skip = connection.receiveNext - piece.sequence;
    if (!deliver(connection, piece.bytes + skip, piece.length - skip)) return false;
    dropFirstPiece(connection);
    piece = readyPiece(connection);
  }
  return true;
}

/** Offers the receive queue again, run by run, for as long as the owner takes all of a run. */
export function offer(connection: Connection): void {
  if (connection.offering || !connection.attached) return;
  const queue = connection.receiveQueue;
  connection.offering = true;
  // Bounded: each step takes bytes from a queue that does not grow here.
  while (queue.length > 0) {
    const run = queue.frontLength();
    const taken = connection.owner.received(connection.user, queue.front(), run);
    if (queue.length == 0) break; // ended meanwhile
    queue.consume(min(taken, run));
    if (taken < run) break;
  }
  connection.offering = false;
  updateWindow(connection);
}

/** After bytes left the receive queue: tells a peer that waits for it. */
export function updateWindow(connection: Connection): void {
  if (receives(connection.state) && windowUpdateDue(connection)) acknowledgeSoon(connection);
}

/** The first FIN seen is the one: a second at another place would be a forgery or a broken peer. */
function noteFin(connection: Connection, sequence: u32): void {
  if (connection.finSeen || !atOrAfter(sequence, connection.receiveNext)) return;
  if (after(sequence, connection.receiveNext + acceptedWindow(connection))) return;
  connection.finSeen = true;
  connection.finSequence = sequence;
}

/** RFC 9293 3.10.7.4, eighth step, once everything before the FIN is here. */
function takeFin(connection: Connection): void {
  if (connection.receiveNext != connection.finSequence || connection.finReceived) return;
  connection.receiveNext++;
  connection.finReceived = true;
  acknowledgeSoon(connection);
  advance(connection, Event.Fin);
  if (connection.state == State.TimeWait) enterTimeWait(connection);
  tellFinished(connection);
}

/** Tells the owner that no more will come, once it has taken all. */
export function tellFinished(connection: Connection): void {
  if (!connection.finReceived || connection.finishedTold || !connection.attached) return;
  if (connection.receiveQueue.length > 0) return;
  connection.finishedTold = true;
  connection.owner.finished(connection.user);
}
