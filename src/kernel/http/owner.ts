/**
 * The server as the owner of its streams: what the provider and the timers tell it.
 *
 * Each event enters its connection and leaves it; the last to leave tells the app of a lost request, and releases a
 * connection whose stream is gone.
 */
import { AppEntry } from "../../abi/entry";
import { CloseReason } from "../../abi/status";
import { sharers } from "../app/compartments";
import { enterOwner } from "../app/enter";
import { StreamOwner, StreamProvider } from "../stream/stream";
import { Timer, TimerOwner } from "../time/wheel";
import { BodyState } from "./body-state";
import { Connection, Phase } from "./connection";
import { enter, leave, takeConnection } from "./connections";
import { advance, endFlush, expectProgress, linger, loseRequest, refuse, resumeInput } from "./conversation";
import { deadlinePassed, setDeadline } from "./deadline";
import { HEAD_TIME, WRITE_TIME } from "./limits";
import { endRequest, isCrowded, kill } from "./dispatch";
import { flush } from "./output";
import { awaitPeer, settle, stillPatient } from "./patience";
import { contentWritable } from "./responder";
import { upgradedProtocol } from "./upgrade";
import { Verdict } from "./verdict";

/** Leaves a connection after an event from outside. */
function leaveEvent(connection: Connection): void {
  const lost = connection.lost;
  if (connection.depth == 1 && lost != 0) {
    connection.lost = 0;
    enterOwner(connection.compartment, AppEntry.HttpClosed, lost);
  }
  leave(connection);
}

class HttpOwner extends StreamOwner {
  opened(provider: StreamProvider, handle: usize): usize {
    const connection = takeTimed(provider, handle);
    if (changetype<usize>(connection) == 0) return 0;
    setDeadline(connection, HEAD_TIME);
    return changetype<usize>(connection);
  }

  connected(_user: usize): void {}

  received(user: usize, pointer: usize, length: u32): u32 {
    const connection = changetype<Connection>(user);
    enter(connection);
    connection.offer(pointer, length);
    advance(connection);
    const left = connection.takeBack();
    leaveEvent(connection);
    return length - left;
  }

  writable(user: usize): void {
    const connection = changetype<Connection>(user);
    enter(connection);
    settle(connection); // before more is written, which the peer will owe as well
    if (flush(connection)) makeUseOfRoom(connection);
    else if (connection.phase != Phase.Upgraded) awaitPeer(connection);
    leaveEvent(connection);
  }

  finished(user: usize): void {
    const connection = changetype<Connection>(user);
    enter(connection);
    connection.peerFinished = true;
    endInput(connection);
    leaveEvent(connection);
  }

  /** Neither the app nor the kernel has a request of it, or not all of a head: peers ask again (RFC 9112 section 9.3.1). */
  rests(user: usize): bool {
    return changetype<Connection>(user).phase == Phase.Head;
  }

  sharers(user: usize): u32 {
    const connection = changetype<Connection>(user);
    const isTenants = connection.request != 0 || connection.phase == Phase.Upgraded;
    return isTenants ? sharers(connection.compartment) : 1;
  }

  closed(user: usize, _reason: CloseReason): void {
    const connection = changetype<Connection>(user);
    enter(connection);
    if (connection.request != 0) {
      connection.lost = connection.request;
      endRequest(connection);
    }
    if (connection.phase == Phase.Upgraded) upgradedProtocol().closed(connection);
    connection.phase = Phase.Dead;
    connection.released = true;
    leaveEvent(connection);
  }
}

/** All that waited has left. */
function makeUseOfRoom(connection: Connection): void {
  if (connection.phase == Phase.Flush) {
    endFlush(connection);
    resumeInput(connection);
  } else if (connection.phase == Phase.Upgraded) {
    upgradedProtocol().writable(connection);
  } else if (connection.phase == Phase.Content) {
    contentWritable(connection);
  } else if (connection.phase == Phase.Exchange) {
    const wanted = connection.wantsWrite;
    connection.wantsWrite = false;
    expectProgress(connection);
    if (wanted) enterOwner(connection.compartment, AppEntry.HttpWritable, connection.request);
  }
}

/** The peer has finished, and we have seen all it said. */
function endInput(connection: Connection): void {
  const whole = connection.bodyState == BodyState.End;
  switch (connection.phase) {
    case Phase.Head:
      if (connection.gathered != 0) refuse(connection, Verdict.BadRequest);
      else linger(connection);
      break;
    case Phase.Exchange:
      if (!whole) loseRequest(connection, Verdict.BadRequest);
      else expectProgress(connection);
      break;
    case Phase.Drain:
      linger(connection);
      break;
    case Phase.Upgraded:
      upgradedProtocol().finished(connection);
      break;
    default: // Flush ends the stream when it is done; Linger, Outstanding and Dead wait for `closed`
      break;
  }
}

class HttpTimers extends TimerOwner {
  expired(timer: Timer): void {
    const connection = changetype<Connection>(timer.user);
    if (!deadlinePassed(connection) || stillPatient(connection)) return;
    enter(connection);
    losePatience(connection);
    leaveEvent(connection);
  }
}

function losePatience(connection: Connection): void {
  switch (connection.phase) {
    case Phase.Head:
      // A peer that has sent nothing waits for no answer (RFC 9112 section 9.5).
      if (connection.held && isCrowded()) refuse(connection, Verdict.Unavailable);
      else if (connection.gathered != 0) refuse(connection, Verdict.RequestTimeout);
      else linger(connection);
      break;
    case Phase.Exchange:
      loseRequest(connection, Verdict.RequestTimeout);
      break;
    case Phase.Drain:
      linger(connection);
      break;
    case Phase.Upgraded:
      upgradedProtocol().expired(connection);
      break;
    case Phase.Linger:
      if (connection.provider.outstanding(connection.handle) == 0) return kill(connection);
      // A network that is down for some seconds should not cost the end of a response.
      connection.phase = Phase.Outstanding;
      setDeadline(connection, WRITE_TIME);
      break;
    default: // Flush, Outstanding: the peer takes nothing
      kill(connection);
  }
}

function takeTimed(provider: StreamProvider, handle: usize): Connection {
  const connection = takeConnection(provider, handle);
  if (changetype<usize>(connection) == 0) return connection;
  const timer = connection.timer;
  timer.owner = timers;
  timer.user = changetype<usize>(connection);
  return connection;
}

/** A connection on a stream that another owner opened and has no more to do with, or null when there are too many. */
export function adoptStream(provider: StreamProvider, handle: usize): Connection {
  const connection = takeTimed(provider, handle);
  if (changetype<usize>(connection) != 0) provider.hand(handle, owner, changetype<usize>(connection));
  return connection;
}

const owner = new HttpOwner();
const timers = new HttpTimers();

export function httpOwner(): StreamOwner {
  return owner;
}
