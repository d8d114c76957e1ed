/**
 * A connection's way through requests and responses: what happens in each phase, and which phase follows.
 *
 *            ┌────────────────────────────────────────────────────────┐
 *            ▼                                                        │
 *   ──► Head ──► Exchange ──► Flush ──► Drain ────────────────────────┘
 *        │           │          └──► Linger ──► (closed)
 *        └─ refused ─┴────────────────┘   abort: Dead ──► (closed)
 *
 * `advance` runs phases while they make progress on the input. Every function here may end the connection, but
 * nobody releases it while `depth` says that a caller is still inside (see `owner.ts`).
 *
 * Tests: conversation.test.ts, timeouts.test.ts
 */
import { AppEntry } from "../../abi/entry";
import { enterOwner } from "../app/enter";
import { SECOND } from "../time/clock";
import { contentAtHand, startBody, takeContent } from "./body";
import { BodyState } from "./body-state";
import { awaitHead, Connection, Delimiter, Fact, Phase } from "./connection";
import { nameRequest } from "./connections";
import { clearDeadline, setDeadline } from "./deadline";
import { beginRequest, canDispatch, dispatch, endRequest, kill } from "./dispatch";
import { parseHead } from "./head";
import { gatherHead, releaseHead } from "./head-buffer";
import { parseWhole } from "./kept-head";
import {
  FINISHED_TIME,
  DRAIN_LIMIT,
  HEAD_LIMIT,
  HEAD_TIME,
  IDLE_TIME,
  LINGER_RATE,
  LINGER_TIME,
} from "./limits";
import { appListens } from "./listening";
import { send } from "./output";
import { awaitPeer, earn, endWait } from "./patience";
import { isAnswered } from "./responder";
import { composeRefusal } from "./response";
import { scratch } from "./scratch";
import { upgradedProtocol } from "./upgrade";
import { Verdict } from "./verdict";

/** Goes on with what the provider offers. */
export function advance(connection: Connection): void {
  let goesOn = true;
  while (goesOn) {
    switch (connection.phase) {
      case Phase.Head:
        goesOn = takeHead(connection);
        break;
      case Phase.Exchange:
        goesOn = offerBody(connection);
        break;
      case Phase.Drain:
        goesOn = drainBody(connection);
        break;
      case Phase.Flush:
      case Phase.Content:
        goesOn = false;
        break;
      case Phase.Upgraded:
        upgradedProtocol().received(connection);
        goesOn = connection.phase != Phase.Upgraded;
        break;
      default: // Linger, Dead: the peer speaks to nobody
        connection.input = connection.inputEnd;
        goesOn = false;
    }
  }
}

// Head ------------------------------------------------------------------------------------------------------

/** Parses as much of a head as there is, in place where all of it came at once. */
function takeHead(connection: Connection): bool {
  const available = connection.available();
  if (available == 0 || !appListens() || !canDispatch()) return false;
  const before = connection.gathered;
  let verdict: Verdict = Verdict.Unavailable;
  if (before == 0) {
    connection.head = connection.input;
    verdict = parseWhole(connection, available);
    if (verdict == Verdict.Incomplete) verdict = keepPartHead(connection, available);
  } else if (gatherHead(connection, connection.input, min(available, HEAD_LIMIT - before))) {
    verdict = parseHead(connection, connection.gathered);
  }
  if (verdict == Verdict.Incomplete) {
    connection.input += connection.gathered - before;
    return false;
  }
  if (verdict != Verdict.Complete) {
    refuse(connection, verdict);
    return true;
  }
  connection.input += connection.line - before;
  if (!isAnswered(connection)) beginDispatch(connection);
  return connection.phase != Phase.Head || connection.available() != 0;
}

function beginDispatch(connection: Connection): void {
  const who = dispatch(connection);
  if (who < 0) refuse(connection, -who);
  else beginExchange(connection, who);
}

function keepPartHead(connection: Connection, available: u32): Verdict {
  setDeadline(connection, HEAD_TIME);
  return gatherHead(connection, connection.input, available) ? Verdict.Incomplete : Verdict.Unavailable;
}

function beginExchange(connection: Connection, who: u32): void {
  if (connection.has(Fact.Chunked)) connection.bodySize = -1;
  connection.drained = 0;
  startBody(connection, connection.bodySize);
  clearDeadline(connection);
  earn(connection, connection.line);
  connection.phase = Phase.Exchange;
  const id = nameRequest(connection);
  beginRequest(connection, who);
  enterOwner(who, AppEntry.HttpRequest, id);
  if (connection.request != id || connection.buffer != 0) return;
  // The app answers later: the head must outlive the input.
  connection.gathered = 0;
  if (!gatherHead(connection, connection.head, connection.line)) loseRequest(connection, Verdict.Unavailable);
}

// Exchange --------------------------------------------------------------------------------------------------

/** Tells the app of the body it waits for. */
function offerBody(connection: Connection): bool {
  if (!connection.wantsRead) return false;
  if (contentAtHand(connection) == 0) {
    if (connection.bodyState == BodyState.Broken) {
      loseRequest(connection, Verdict.BadRequest);
      return true;
    }
    if (connection.bodyState != BodyState.End) {
      expectProgress(connection);
      return false;
    }
  }
  connection.wantsRead = false;
  expectProgress(connection);
  enterOwner(connection.compartment, AppEntry.HttpReadable, connection.request);
  return true;
}

/** Sets the time within which the peer has to give or to take something, where we wait for it. */
export function expectProgress(connection: Connection): void {
  if (connection.wantsWrite || connection.unsent.length != 0 || connection.wantsRead) {
    awaitPeer(connection);
    return;
  }
  endWait(connection);
  if (connection.peerFinished) setDeadline(connection, FINISHED_TIME);
  else clearDeadline(connection);
}

/** The stream ends with this response when the rest of the request cannot be told from the next one cheaply. */
export function prepareClose(connection: Connection): void {
  if (connection.bodyState == BodyState.Fixed && connection.bodyLeft > DRAIN_LIMIT) connection.closes = true;
  if (connection.owesContinue || connection.peerFinished) connection.closes = true;
}

/** The request cannot be answered any more. The app hears of it as soon as nobody is inside the connection. */
export function loseRequest(connection: Connection, verdict: Verdict): void {
  connection.lost = connection.request;
  failRequest(connection, verdict);
}

/** As `loseRequest`, where the app learns it from a call's result. */
export function failRequest(connection: Connection, verdict: Verdict): void {
  endRequest(connection);
  if (connection.delimiter == Delimiter.None) refuse(connection, verdict);
  else kill(connection);
}

/** Answers with an error and ends the stream. */
export function refuse(connection: Connection, status: u32): void {
  const end = composeRefusal(connection, status);
  if (send(connection, scratch, <u32>(end - scratch))) endExchange(connection);
  else kill(connection);
}

/** The response is complete: the app's id is finished. */
export function endExchange(connection: Connection): void {
  endRequest(connection);
  connection.wantsRead = false;
  connection.wantsWrite = false;
  releaseHead(connection);
  connection.gathered = 0;
  if (connection.unsent.length == 0) {
    endFlush(connection);
    return;
  }
  connection.phase = Phase.Flush;
  awaitPeer(connection);
}

/** The response has left. */
export function endFlush(connection: Connection): void {
  if (connection.closes || connection.peerFinished) {
    linger(connection);
  } else if (connection.bodyState != BodyState.End) {
    connection.phase = Phase.Drain;
    awaitPeer(connection);
  } else {
    awaitNext(connection);
  }
}

function awaitNext(connection: Connection): void {
  endWait(connection);
  awaitHead(connection);
  setDeadline(connection, IDLE_TIME);
}

// Drain and Linger ------------------------------------------------------------------------------------------

function drainBody(connection: Connection): bool {
  const count = contentAtHand(connection);
  if (count != 0) {
    takeContent(connection, count);
    earn(connection, count);
    connection.drained += count;
    if (connection.drained > DRAIN_LIMIT) linger(connection);
    return true;
  }
  if (connection.bodyState == BodyState.End) {
    awaitNext(connection);
    return true;
  }
  if (connection.bodyState == BodyState.Broken) {
    linger(connection);
    return true;
  }
  awaitPeer(connection);
  return false;
}

/**
 * RFC 9112 section 9.6: closing at once could reset the stream and lose the response that is under way. We stop
 * speaking and wait for the peer to do so too, longer when much is still to leave.
 */
export function linger(connection: Connection): void {
  endWait(connection);
  connection.phase = Phase.Linger;
  releaseHead(connection);
  connection.gathered = 0;
  const provider = connection.provider;
  const outstanding = <i64>provider.outstanding(connection.handle);
  setDeadline(connection, LINGER_TIME + (outstanding * SECOND) / LINGER_RATE);
  provider.shutdown(connection.handle);
  resumeInput(connection);
}

/** Outside of `received`: asks the provider for what it holds of ours. */
export function resumeInput(connection: Connection): void {
  if (connection.held && connection.inputEnd == 0 && connection.phase != Phase.Dead) {
    connection.provider.resume(connection.handle);
  }
}
