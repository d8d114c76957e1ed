/**
 * The client as the owner of its streams: what the provider and the timers tell it.
 *
 * Each event enters its connection and leaves it; the last to leave releases one whose stream is gone.
 */
import { AppEntry } from "../../../abi/entry";
import { CloseReason, Failure } from "../../../abi/status";
import { enterOwner } from "../../app/enter";
import { StreamOwner, StreamProvider } from "../../stream/stream";
import { now } from "../../time/clock";
import { arm, Timer, TimerOwner } from "../../time/wheel";
import { flush } from "../output";
import { attemptFailed, dropAttempts, tryNext } from "./attempts";
import { closeConnection, Connection, enter, killConnection, leave, Phase } from "./connection";
import { advance, beginOn, endInput, exchangeOf, expectProgress, failOn, loseStream } from "./conversation";
import { clearDeadline, Exchange, markFailed, State } from "./exchange";

class ClientOwner extends StreamOwner {
  /** The client listens to no port. */
  opened(_provider: StreamProvider, _handle: usize): usize {
    return 0;
  }

  connected(user: usize): void {
    const connection = changetype<Connection>(user);
    if (connection.phase != Phase.Connecting) return;
    const exchange = exchangeOf(connection);
    enter(connection);
    dropAttempts(exchange, connection);
    beginOn(connection, exchange);
    makeUseOfRoom(connection);
    leave(connection);
  }

  received(user: usize, pointer: usize, length: u32): u32 {
    const connection = changetype<Connection>(user);
    enter(connection);
    connection.offer(pointer, length);
    advance(connection);
    const left = connection.takeBack();
    leave(connection);
    return length - left;
  }

  writable(user: usize): void {
    const connection = changetype<Connection>(user);
    enter(connection);
    if (flush(connection)) makeUseOfRoom(connection);
    else if (connection.phase == Phase.Busy) expectProgress(exchangeOf(connection), connection);
    leave(connection);
  }

  finished(user: usize): void {
    const connection = changetype<Connection>(user);
    enter(connection);
    endInput(connection);
    leave(connection);
  }

  closed(user: usize, reason: CloseReason): void {
    const connection = changetype<Connection>(user);
    enter(connection);
    const phase = connection.phase;
    const exchange = exchangeOf(connection);
    connection.phase = Phase.Closing;
    connection.exchange = 0;
    connection.released = true;
    if (phase == Phase.Connecting) attemptFailed(exchange, failureOf(reason));
    else if (phase == Phase.Busy) loseExchange(connection, exchange, reason);
    leave(connection);
  }
}

/** All that waited has left. */
function makeUseOfRoom(connection: Connection): void {
  if (connection.phase != Phase.Busy) return;
  const exchange = exchangeOf(connection);
  const wanted = exchange.wantsWrite;
  exchange.wantsWrite = false;
  expectProgress(exchange, connection);
  if (wanted) enterOwner(exchange.compartment, AppEntry.FetchWritable, exchange.id);
}

function loseExchange(connection: Connection, exchange: Exchange, reason: CloseReason): void {
  if (exchange.state != State.Head) failOn(connection, exchange, Failure.Cut);
  else loseStream(connection, exchange, reason == CloseReason.TimedOut ? Failure.TimedOut : Failure.Closed);
}

function failureOf(reason: CloseReason): Failure {
  if (reason == CloseReason.TimedOut) return Failure.TimedOut;
  return reason == CloseReason.Unreachable ? Failure.Unreachable : Failure.Refused;
}

/** Of connections: an idle one has waited long enough, a closing one does not end. */
class ConnectionTimers extends TimerOwner {
  expired(timer: Timer): void {
    const connection = changetype<Connection>(timer.user);
    if (connection.phase == Phase.Idle) closeConnection(connection);
    else if (connection.phase == Phase.Closing) killConnection(connection);
  }
}

/** Of exchanges: the next address is due, or patience is over. */
class ExchangeTimers extends TimerOwner {
  expired(timer: Timer): void {
    const exchange = changetype<Exchange>(timer.user);
    if (exchange.state == State.Connecting && now() < exchange.deadline) {
      if (now() >= exchange.attemptAt) tryNext(exchange);
      else arm(timer, min(exchange.attemptAt, exchange.deadline));
      return;
    }
    endExchange(exchange, Failure.TimedOut);
  }
}

/** Ends what is under way for the exchange; the app is told with the next poll. */
function endExchange(exchange: Exchange, failure: Failure): void {
  const connection = changetype<Connection>(exchange.connection);
  clearDeadline(exchange);
  if (exchange.attempts != 0) dropAttempts(exchange, changetype<Connection>(0));
  if (connection != null) failOn(connection, exchange, failure);
  else markFailed(exchange, exchange.state == State.Offline ? Failure.NoNetwork : failure);
}

const owner = new ClientOwner();
const connectionTimers = new ConnectionTimers();
const exchangeTimers = new ExchangeTimers();

export function clientOwner(): StreamOwner {
  return owner;
}

export function timersOfConnections(): TimerOwner {
  return connectionTimers;
}

export function timersOfExchanges(): TimerOwner {
  return exchangeTimers;
}
