/**
 * The calls of the app: `fetch` in `src/abi/services.ts`.
 *
 * The app stands on the native stack under each of these, so none of them enters it: a failure that shows here is told
 * with the next poll.
 *
 * Tests: client.test.ts
 */
import { AppEntry } from "../../../abi/entry";
import { Failure, Status } from "../../../abi/status";
import { isIsolated, running } from "../../app/compartments";
import { enterOwner } from "../../app/enter";
import { mayOpen } from "../../app/outbound";
import { copyIn, copyOut } from "../../cpu/compartment";
import { contentAtHand, takeContent } from "../body";
import { BodyState } from "../body-state";
import { sendChunks, sendLastChunk, sendPlain } from "../output";
import { scratch } from "../scratch";
import { dropAttempts } from "./attempts";
import {
  clearStreamsChanged,
  Connection,
  connectionAt,
  connectionPlaces,
  enter,
  killConnection,
  leave,
  NO_CONNECTION,
  Phase,
  releaseConnections,
  resumeInput,
  streamsChanged,
} from "./connection";
import { endResponse, expectProgress, failOn } from "./conversation";
import { dialer } from "./dialer";
import {
  Exchange,
  exchangeAt,
  exchangePlaces,
  callersExchange,
  countExchanges,
  freeExchanges,
  NO_EXCHANGE,
  releaseExchange,
  State,
  takeExchange,
  untold,
} from "./exchange";
import { HEAD_LIMIT } from "./limits";
import { reach, reachForWaiting } from "./reach";
import { COMPOSED_EXTRA, composeRequest } from "./request-head";
import { canSwitch, countSwitched, SWITCHES } from "./switching";
import { emitResponse } from "./response-head";

const END_SIZE: u32 = 18;

/** begin(head, body size): the id of a new exchange. */
export function begin(head: usize, length: u32, bodySize: i64): i32 {
  const switches = bodySize == SWITCHES && canSwitch();
  if (length > HEAD_LIMIT - COMPOSED_EXTRA || (bodySize < -1 && !switches)) return Status.Invalid;
  const has = countExchanges(running) + countSwitched(running);
  if (isIsolated() && !mayOpen(has, freeExchanges())) return Status.Full;
  const exchange = takeExchange();
  if (exchange == NO_EXCHANGE) return Status.Full;
  exchange.switches = switches;
  exchange.bodySize = switches ? 0 : bodySize;
  exchange.bodyLeft = exchange.bodySize;
  // The app's head stands behind the place where the request's is composed, which may be a little longer.
  const source = scratch + HEAD_LIMIT;
  copyIn(source, head, length);
  const end = composeRequest(exchange, source, length, scratch);
  const size = <u32>(end - scratch);
  if (end == 0 || exchange.head.append(scratch, size) != size) {
    releaseExchange(exchange);
    return end == 0 ? Status.Invalid : Status.Full;
  }
  reach(exchange);
  return exchange.id;
}

/** write(exchange, bytes): how many were taken; `FetchWritable` follows if fewer. */
export function write(id: i32, bytes: usize, length: u32): i32 {
  const exchange = callersExchange(id);
  if (exchange == NO_EXCHANGE) return Status.Gone;
  if (exchange.bodyEnded || (exchange.bodySize >= 0 && <i64>length > exchange.bodyLeft))
    return Status.Invalid;
  // A server that has answered all, or failed, takes no more.
  if (exchange.state == State.Complete || exchange.state == State.Failed) return <i32>length;
  const connection = changetype<Connection>(exchange.connection);
  let taken: i32 = 0;
  if (connection != NO_CONNECTION) {
    enter(connection);
    taken =
      exchange.bodySize < 0
        ? sendChunks(connection, bytes, length)
        : <i32>sendPlain(connection, bytes, length);
    if (taken < 0) failOn(connection, exchange, Failure.Full);
  }
  if (taken < 0) taken = <i32>length;
  if (taken != 0) exchange.bodyTaken = true;
  exchange.bodyLeft -= <i64>taken;
  exchange.wantsWrite = <u32>taken < length;
  if (connection != NO_CONNECTION) {
    if (exchange.state != State.Failed) expectProgress(exchange, connection);
    leave(connection);
  }
  return taken;
}

/** end(exchange): the request's body is complete. */
export function end(id: i32): i32 {
  const exchange = callersExchange(id);
  if (exchange == NO_EXCHANGE) return Status.Gone;
  if (exchange.bodyEnded) return Status.Ok;
  if (exchange.bodySize > 0 && exchange.bodyLeft != 0) return Status.Invalid;
  const connection = changetype<Connection>(exchange.connection);
  if (connection == NO_CONNECTION) {
    // The last chunk is owed where the stream does not stand yet.
    if (exchange.state == State.Complete || exchange.state == State.Failed) return Status.Ok;
    exchange.wantsWrite = true;
    return Status.Again;
  }
  exchange.bodyEnded = true;
  enter(connection);
  if (exchange.bodySize < 0 && !sendLastChunk(connection)) failOn(connection, exchange, Failure.Full);
  else expectProgress(exchange, connection);
  leave(connection);
  return Status.Ok;
}

/** head(exchange, text): `status reason CRLF` and the response's fields: length, `Again` before it has come. */
export function head(id: i32, app: usize, size: u32): i32 {
  const exchange = callersExchange(id);
  if (exchange == NO_EXCHANGE) return Status.Gone;
  if (exchange.state < State.Body || exchange.state == State.Failed) return Status.Again;
  const length = <u32>(emitResponse(exchange, scratch) - scratch);
  copyOut(app, scratch, min(size, length));
  return <i32>length;
}

/** read(exchange, bytes): bytes of the response's body; at its `End` the exchange is over. */
export function read(id: i32, app: usize, size: u32): i32 {
  const exchange = callersExchange(id);
  if (exchange == NO_EXCHANGE) return Status.Gone;
  if (exchange.state == State.Complete) {
    releaseExchange(exchange);
    return Status.End;
  }
  if (exchange.state == State.Switched) return Status.Invalid;
  exchange.wantsRead = true;
  if (exchange.state != State.Body) return Status.Again;
  const connection = changetype<Connection>(exchange.connection);
  enter(connection);
  const result = readBody(connection, exchange, app, size);
  leave(connection);
  return result;
}

function readBody(connection: Connection, exchange: Exchange, app: usize, size: u32): i32 {
  let total: u32 = 0;
  for (;;) {
    // Also after the last byte that fits: what frames it is taken with it.
    const count = min(contentAtHand(connection), size - total);
    if (count == 0) break;
    copyOut(app + total, connection.input, count);
    takeContent(connection, count);
    total += count;
  }
  const state = connection.bodyState;
  if (state == BodyState.Broken) {
    failOn(connection, exchange, Failure.Malformed);
  } else if (state == BodyState.End) {
    endResponse(connection, exchange);
    if (total == 0 && size != 0) {
      releaseExchange(exchange);
      return Status.End;
    }
  } else {
    expectProgress(exchange, connection);
    resumeInput(connection);
  }
  if (total != 0 || size == 0) {
    exchange.wantsRead = false;
    return <i32>total;
  }
  return Status.Again;
}

/** remote(exchange, 16 address bytes and 2 port bytes): the address tried last. */
export function remote(id: i32, app: usize, size: u32): i32 {
  const exchange = callersExchange(id);
  if (exchange == NO_EXCHANGE) return Status.Gone;
  if (size < END_SIZE) return Status.Invalid;
  copyOut(app, exchange.remote, END_SIZE);
  return Status.Ok;
}

/** Gives the exchange up. */
export function abort(id: i32): void {
  const exchange = callersExchange(id);
  if (exchange != NO_EXCHANGE) drop(exchange);
}

function drop(exchange: Exchange): void {
  const connection = changetype<Connection>(exchange.connection);
  if (exchange.attempts != 0) dropAttempts(exchange, NO_CONNECTION);
  exchange.connection = 0;
  if (connection != NO_CONNECTION) killConnection(connection);
  releaseExchange(exchange);
}

/** Tells failures, and lets those go on who waited: whether there was anything. */
export function poll(): bool {
  let worked = false;
  const isOnline = dialer.isOnline();
  if (streamsChanged || isOnline != wasOnline) {
    clearStreamsChanged();
    wasOnline = isOnline;
    worked = reachForWaiting(isOnline);
  }
  for (let place: u32 = 0; untold != 0 && place < exchangePlaces(); place++) {
    const exchange = exchangeAt(place);
    if (exchange.state != State.Failed) continue;
    const id = exchange.id;
    enterOwner(exchange.compartment, AppEntry.FetchFailed, id, <i32>exchange.failure);
    if (exchange.id == id) releaseExchange(exchange);
    worked = true;
  }
  return worked;
}

let wasOnline: bool = false;

/** The app is gone, and its streams are: nobody waits for anything. */
export function dropAll(): void {
  releaseConnections();
  for (let place: u32 = 0; place < exchangePlaces(); place++) {
    const exchange = exchangeAt(place);
    if (exchange.state == State.Free) continue;
    exchange.attempts = 0;
    releaseExchange(exchange);
  }
}

/** One of many is gone: what it asked for, and the streams that it had. */
export function dropOf(who: u32): void {
  for (let place: u32 = 0; place < exchangePlaces(); place++) {
    const exchange = exchangeAt(place);
    if (exchange.state != State.Free && exchange.compartment == who) drop(exchange);
  }
  for (let place: u32 = 0; place < connectionPlaces(); place++) {
    const connection = connectionAt(place);
    if (connection.phase == Phase.Idle && connection.compartment == who) killConnection(connection);
  }
}
