/**
 * An exchange on its stream: the request leaves, the response comes, and what the two become.
 *
 * A stream goes on to the next exchange only when both messages are whole and the server keeps it. A server that says
 * anything on an idle stream is not listened to any more. A request whose stream turned out to be closed already is made
 * once more on a new one, if that cannot do its work twice (RFC 9110 section 9.2.2, RFC 9112 section 9.5).
 *
 * Tests: client.test.ts, conformance.test.ts
 */
import { AppEntry } from "../../../abi/entry";
import { Failure } from "../../../abi/status";
import { enterOwner } from "../../app/enter";
import { disarm } from "../../time/wheel";
import { contentAtHand, startBody } from "../body";
import { BodyState } from "../body-state";
import { send } from "../output";
import { scratch } from "../scratch";
import { reachAnew } from "./attempts";
import { closeConnection, Connection, killConnection, parkConnection, Phase } from "./connection";
import {
  clearDeadline,
  Exchange,
  forgetResponse,
  markFailed,
  requireBuffer,
  setDeadline,
  State,
} from "./exchange";
import { BODY_TIME, HEAD_LIMIT, HEAD_TIME, INTERIM_LIMIT, WRITE_TIME } from "./limits";
import { Heard, keepsStream, parseResponse, responseSize, UNTIL_END } from "./response-head";
import { switchingProtocol } from "./switching";

const SWITCHING_PROTOCOLS: u32 = 101;

export function exchangeOf(connection: Connection): Exchange {
  return changetype<Exchange>(connection.exchange);
}

/** The exchange's stream stands: its request begins. */
export function beginOn(connection: Connection, exchange: Exchange): void {
  disarm(connection.timer);
  connection.phase = Phase.Busy;
  connection.exchange = changetype<usize>(exchange);
  exchange.connection = changetype<usize>(connection);
  exchange.state = State.Head;
  connection.provider.remote(connection.handle, exchange.remote);
  const length = exchange.head.length;
  exchange.head.copyTo(scratch, 0, length);
  if (!send(connection, scratch, length)) {
    failOn(connection, exchange, Failure.Full);
    return;
  }
  if (exchange.bodySize == 0) exchange.bodyEnded = true;
  expectProgress(exchange, connection);
}

/** Sets the time within which the server has to give or to take something, where we wait for it. */
export function expectProgress(exchange: Exchange, connection: Connection): void {
  if (connection.unsent.length != 0 || exchange.wantsWrite) setDeadline(exchange, WRITE_TIME);
  else if (exchange.state == State.Body) setDeadline(exchange, BODY_TIME);
  else if (exchange.bodyEnded) setDeadline(exchange, HEAD_TIME);
  else clearDeadline(exchange); // the app's turn
}

/** Goes on with what the provider offers. */
export function advance(connection: Connection): void {
  let goesOn = true;
  while (goesOn) {
    const exchange = exchangeOf(connection);
    if (connection.phase == Phase.Busy && exchange.state == State.Head) {
      goesOn = takeHead(connection, exchange);
    } else if (connection.phase == Phase.Busy && exchange.state == State.Body) {
      goesOn = offerBody(connection, exchange);
    } else if (connection.phase == Phase.Busy && exchange.state == State.Switched) {
      goesOn = false;
    } else {
      // Nobody asked: what is said on an idle stream may be meant as somebody's response.
      if (connection.phase == Phase.Idle && connection.available() != 0) killConnection(connection);
      connection.input = connection.inputEnd;
      goesOn = false;
    }
  }
}

/** Gathers the head, and parses as much of it as there is. */
function takeHead(connection: Connection, exchange: Exchange): bool {
  const available = connection.available();
  if (available == 0) return false;
  const before = exchange.gathered;
  const buffer = requireBuffer(exchange);
  if (buffer == 0) {
    failOn(connection, exchange, Failure.Full);
    return true;
  }
  const count = min(available, HEAD_LIMIT - before);
  memory.copy(buffer + before, connection.input, count);
  exchange.gathered = before + count;
  const heard = parseResponse(exchange);
  if (heard == Heard.Incomplete) {
    connection.input += count;
    return false;
  }
  if (heard != Heard.Complete) {
    failOn(connection, exchange, heard == Heard.TooLarge ? Failure.HeadTooLarge : Failure.Malformed);
    return true;
  }
  connection.input += exchange.line - before;
  if (exchange.switches && exchange.status == SWITCHING_PROTOCOLS) {
    switchProtocols(connection, exchange);
    return false;
  }
  if (exchange.status < 200) return takeInterim(connection, exchange);
  beginBody(connection, exchange);
  return true;
}

/** What follows the head on the stream waits for whoever takes the stream over. */
function switchProtocols(connection: Connection, exchange: Exchange): void {
  if (!switchingProtocol().accepts(exchange)) {
    failOn(connection, exchange, Failure.Malformed);
    return;
  }
  exchange.head.clear();
  exchange.state = State.Switched;
  setDeadline(exchange, HEAD_TIME);
  enterOwner(exchange.compartment, AppEntry.FetchHead, exchange.id);
}

/** RFC 9110 section 15.2: the final response is still to come. Nobody asked this server for another protocol. */
function takeInterim(connection: Connection, exchange: Exchange): bool {
  const count = exchange.interims + 1;
  if (exchange.status == SWITCHING_PROTOCOLS || count > INTERIM_LIMIT) {
    failOn(connection, exchange, Failure.Malformed);
    return true;
  }
  forgetResponse(exchange);
  exchange.interims = count;
  expectProgress(exchange, connection);
  return true;
}

function beginBody(connection: Connection, exchange: Exchange): void {
  exchange.head.clear();
  connection.keeps = keepsStream(exchange);
  startBody(connection, responseSize(exchange));
  exchange.state = State.Body;
  expectProgress(exchange, connection);
  const id = exchange.id;
  // Without a body the stream is free before the app hears of the response, and may carry what it asks for next.
  if (connection.bodyState == BodyState.End) endResponse(connection, exchange);
  enterOwner(exchange.compartment, AppEntry.FetchHead, id);
}

/** Tells the app of the body that it waits for. */
function offerBody(connection: Connection, exchange: Exchange): bool {
  if (!exchange.wantsRead) return false;
  if (contentAtHand(connection) == 0) {
    if (connection.bodyState == BodyState.Broken) {
      failOn(connection, exchange, Failure.Malformed);
      return true;
    }
    if (connection.bodyState != BodyState.End) {
      expectProgress(exchange, connection);
      return false;
    }
    endResponse(connection, exchange);
  }
  exchange.wantsRead = false;
  enterOwner(exchange.compartment, AppEntry.FetchReadable, exchange.id);
  return true;
}

/** All of the response has come: the stream is free for another exchange, or of no more use. */
export function endResponse(connection: Connection, exchange: Exchange): void {
  exchange.state = State.Complete;
  exchange.connection = 0;
  // What the app does not read of a response that has come costs little, but not for ever.
  setDeadline(exchange, BODY_TIME);
  const isWhole = exchange.bodyEnded && connection.unsent.length == 0;
  if (!isWhole || connection.available() != 0) killConnection(connection);
  else if (!connection.keeps || connection.peerFinished) closeConnection(connection);
  else parkConnection(connection);
}

/** The stream is of no more use, and neither is the exchange: the app is told with the next poll. */
export function failOn(connection: Connection, exchange: Exchange, failure: Failure): void {
  exchange.connection = 0;
  markFailed(exchange, failure);
  if (connection.phase == Phase.Busy) killConnection(connection);
}

/** The stream ended under a request that is not answered: it is made again, or has failed. */
export function loseStream(connection: Connection, exchange: Exchange, failure: Failure): void {
  const isUnheard = exchange.gathered == 0 && exchange.interims == 0 && exchange.state == State.Head;
  const mayRepeat = exchange.isIdempotent && !exchange.bodyTaken && !exchange.isRetried;
  if (!connection.isReused || !isUnheard || !mayRepeat) {
    failOn(connection, exchange, failure);
    return;
  }
  exchange.isRetried = true;
  exchange.connection = 0;
  if (connection.phase == Phase.Busy) killConnection(connection);
  reachAnew(exchange);
}

/** The server has said all it will, and we have seen it. */
export function endInput(connection: Connection): void {
  connection.peerFinished = true;
  const exchange = exchangeOf(connection);
  if (connection.phase == Phase.Idle) {
    closeConnection(connection);
  } else if (connection.phase == Phase.Busy && exchange.state == State.Head) {
    loseStream(connection, exchange, Failure.Closed);
  } else if (connection.phase == Phase.Busy) {
    endBodyWithStream(connection, exchange);
  }
}

/** A body without a length is whole when its stream ends; any other is cut short. */
function endBodyWithStream(connection: Connection, exchange: Exchange): void {
  if (!isUntilEnd(exchange)) {
    failOn(connection, exchange, Failure.Cut);
    return;
  }
  connection.bodyState = BodyState.End;
  endResponse(connection, exchange);
  if (!exchange.wantsRead) return;
  exchange.wantsRead = false;
  enterOwner(exchange.compartment, AppEntry.FetchReadable, exchange.id);
}

function isUntilEnd(exchange: Exchange): bool {
  return responseSize(exchange) == UNTIL_END;
}
