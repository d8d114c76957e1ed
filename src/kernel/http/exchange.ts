/**
 * The calls by which an app reads a request's body and writes its response.
 *
 * The app stands on the native stack under each of these, so none of them enters it: what happens to its request
 * here it learns from the result.
 *
 * Tests: conversation.test.ts, streaming.test.ts
 */
import { Status } from "../../abi/status";
import { sharers } from "../app/compartments";
import { copyIn, copyOut } from "../cpu/compartment";
import { availableChunks, CHUNK_SIZE } from "../memory/chunk";
import { contentAtHand, takeContent } from "./body";
import { BodyState } from "./body-state";
import { Connection, Delimiter } from "./connection";
import { enter, findRequest, leave } from "./connections";
import { endExchange, expectProgress, failRequest, prepareClose, resumeInput } from "./conversation";
import { kill, noteAnswer } from "./dispatch";
import { RESPONSE_FIELDS_LIMIT, UNSENT_LIMIT } from "./limits";
import { placeFor, room, send, sendChunks, sendLastChunk, sendPlaced, sendPlain } from "./output";
import { earn } from "./patience";
import { composeContinue, composeHead, isFinalStatus } from "./response";
import { HEAD_ROOM, scratch, SCRATCH_SIZE } from "./scratch";
import { Verdict } from "./verdict";

const NO_CONNECTION: usize = 0;

export function read(request: i32, app: usize, size: u32): i32 {
  const connection = findRequest(request);
  if (changetype<usize>(connection) == NO_CONNECTION) return Status.Gone;
  enter(connection);
  const result = readBody(connection, app, size);
  leave(connection);
  return result;
}

function readBody(connection: Connection, app: usize, size: u32): i32 {
  let total: u32 = 0;
  while (total < size) {
    const count = min(contentAtHand(connection), size - total);
    if (count == 0) break;
    copyOut(app + total, connection.input, count);
    takeContent(connection, count);
    total += count;
  }
  earn(connection, total);
  const over = connection.bodyState == BodyState.End;
  if (total != 0 || over) connection.owesContinue = false; // the peer did not wait
  if (total != 0 || size == 0) return <i32>total;
  if (over) return Status.End;
  if (connection.bodyState == BodyState.Broken) {
    failRequest(connection, Verdict.BadRequest);
    return Status.Gone;
  }
  if (!sendContinue(connection)) return Status.Gone;
  connection.wantsRead = true;
  expectProgress(connection);
  resumeInput(connection);
  return Status.Again;
}

/** RFC 9110 section 10.1.1: the peer waits for a sign that its body is wanted. */
function sendContinue(connection: Connection): bool {
  if (!connection.owesContinue || connection.delimiter != Delimiter.None) return true;
  connection.owesContinue = false;
  const end = composeContinue();
  if (send(connection, scratch, <u32>(end - scratch))) return true;
  kill(connection);
  return false;
}

export function respond(
  request: i32,
  status: i32,
  fields: usize,
  fieldsSize: u32,
  body: usize,
  bodySize: u32,
): i32 {
  const connection = findRequest(request);
  if (changetype<usize>(connection) == NO_CONNECTION) return Status.Gone;
  if (!mayBegin(connection, status, fieldsSize)) return Status.Invalid;
  if (!hasRoomFor(connection, bodySize)) return Status.Full;
  enter(connection);
  const result = sendWhole(connection, status, fields, fieldsSize, body, bodySize);
  leave(connection);
  return result;
}

function mayBegin(connection: Connection, status: i32, fieldsSize: u32): bool {
  if (connection.delimiter != Delimiter.None || fieldsSize > RESPONSE_FIELDS_LIMIT) return false;
  return isFinalStatus(status);
}

/** Whether a response of this size can be taken at once, partly into memory of our own. */
function hasRoomFor(connection: Connection, bodySize: u32): bool {
  if (fitsMemory(connection, bodySize)) return true;
  const space = room(connection);
  return bodySize < space || fitsMemory(connection, bodySize - space);
}

/** Of what is free, each of a tenant's requests has its part: all together leave a third of it to others. */
function fitsMemory(connection: Connection, size: u32): bool {
  return size <= UNSENT_LIMIT && size / CHUNK_SIZE + 16 < availableChunks() / sharers(connection.compartment);
}

function sendWhole(
  connection: Connection,
  status: i32,
  fields: usize,
  fieldsSize: u32,
  body: usize,
  bodySize: u32,
): i32 {
  prepareClose(connection);
  const isShort = bodySize < CHUNK_SIZE;
  const start = isShort ? placeFor(connection, HEAD_ROOM + fieldsSize + bodySize) : scratch;
  const end = composeHead(connection, start, status, fields, fieldsSize, <i64>bodySize);
  if (end == 0) return Status.Invalid;
  noteAnswer(connection, status);
  if (connection.delimiter == Delimiter.Bodiless) bodySize = 0;
  const headSize = <u32>(end - start);
  const part = min(bodySize, SCRATCH_SIZE - headSize);
  copyIn(end, body, part);
  const isSent = sendPlaced(connection, start, headSize + part);
  if (!isSent || !sendRest(connection, body + part, bodySize - part)) {
    kill(connection);
    return Status.Gone;
  }
  endExchange(connection);
  resumeInput(connection);
  return Status.Ok;
}

/** Sends all of the app's bytes: what finds no room waits with us. False when memory is short. */
function sendRest(connection: Connection, bytes: usize, length: u32): bool {
  while (length != 0) {
    const taken = sendPlain(connection, bytes, length);
    const part = min(length - taken, SCRATCH_SIZE);
    copyIn(scratch, bytes + taken, part);
    if (part != 0 && !send(connection, scratch, part)) return false;
    bytes += taken + part;
    length -= taken + part;
  }
  return true;
}

export function begin(request: i32, status: i32, fields: usize, fieldsSize: u32, size: i64): i32 {
  const connection = findRequest(request);
  if (changetype<usize>(connection) == NO_CONNECTION) return Status.Gone;
  if (!mayBegin(connection, status, fieldsSize) || size < -1) return Status.Invalid;
  enter(connection);
  // An app that streams may read while it writes: a long body is no reason to close yet.
  if (connection.owesContinue || connection.peerFinished) connection.closes = true;
  const end = composeHead(connection, scratch, status, fields, fieldsSize, size);
  let result: i32 = end == 0 ? Status.Invalid : Status.Ok;
  if (end != 0) noteAnswer(connection, status);
  if (end != 0 && !send(connection, scratch, <u32>(end - scratch))) {
    kill(connection);
    result = Status.Gone;
  }
  leave(connection);
  return result;
}

export function write(request: i32, bytes: usize, length: u32): i32 {
  const connection = findRequest(request);
  if (changetype<usize>(connection) == NO_CONNECTION) return Status.Gone;
  if (connection.delimiter == Delimiter.None) return Status.Invalid;
  if (connection.delimiter == Delimiter.Bodiless) return <i32>length;
  if (connection.delimiter == Delimiter.Length && <i64>length > connection.responseLeft)
    return Status.Invalid;
  enter(connection);
  let taken =
    connection.delimiter == Delimiter.Chunks
      ? sendChunks(connection, bytes, length)
      : <i32>sendPlain(connection, bytes, length);
  if (taken < 0) {
    kill(connection);
    taken = Status.Gone;
  } else {
    if (connection.delimiter == Delimiter.Length) connection.responseLeft -= <i64>taken;
    if (<u32>taken < length) connection.wantsWrite = true;
    expectProgress(connection);
  }
  leave(connection);
  return taken;
}

export function end(request: i32): i32 {
  const connection = findRequest(request);
  if (changetype<usize>(connection) == NO_CONNECTION) return Status.Gone;
  if (connection.delimiter == Delimiter.None) return Status.Invalid;
  enter(connection);
  const result = endResponse(connection);
  leave(connection);
  return result;
}

function endResponse(connection: Connection): i32 {
  if (connection.delimiter == Delimiter.Length && connection.responseLeft != 0) {
    kill(connection); // the peer must not take the rest of the stream for this body
    return Status.Invalid;
  }
  if (connection.delimiter == Delimiter.Chunks && !sendLastChunk(connection)) {
    kill(connection);
    return Status.Gone;
  }
  endExchange(connection);
  resumeInput(connection);
  return Status.Ok;
}

export function abort(request: i32): void {
  const connection = findRequest(request);
  if (changetype<usize>(connection) == NO_CONNECTION) return;
  enter(connection);
  kill(connection);
  leave(connection);
}
