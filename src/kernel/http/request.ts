/**
 * What the app may ask about its request.
 *
 * The calls copy into the range that the app lent, up to its size, and answer the whole length, so that an app can
 * ask for a length alone with an empty range.
 *
 * Tests: conversation.test.ts
 */
import { Status } from "../../abi/status";
import { copyIn, copyOut } from "../cpu/compartment";
import { COLON, CRLF, SPACE, toLower } from "./characters";
import { Connection } from "./connection";
import { findRequest } from "./connections";
import { scratch } from "./scratch";

/** No field name that is longer is looked for. */
const NAME_LIMIT: u32 = 256;
const REMOTE_SIZE: u32 = 18;
const JOIN: usize = memory.data<u8>([0x2c, 0x20]); // ", "
const JOIN_SIZE: u32 = 2;

function isNone(connection: Connection): bool {
  return changetype<usize>(connection) == 0;
}

export function method(request: i32): i32 {
  const connection = findRequest(request);
  return isNone(connection) ? Status.Gone : connection.method;
}

export function methodName(request: i32, app: usize, size: u32): i32 {
  const connection = findRequest(request);
  if (isNone(connection)) return Status.Gone;
  return give(app, size, connection.head + connection.methodOffset, connection.methodLength);
}

export function target(request: i32, app: usize, size: u32): i32 {
  const connection = findRequest(request);
  if (isNone(connection)) return Status.Gone;
  return give(app, size, connection.head + connection.targetOffset, connection.targetLength);
}

export function remote(request: i32, app: usize, size: u32): i32 {
  const connection = findRequest(request);
  if (isNone(connection)) return Status.Gone;
  if (size < REMOTE_SIZE) return Status.Invalid;
  connection.provider.remote(connection.handle, scratch);
  copyOut(app, scratch, REMOTE_SIZE);
  return Status.Ok;
}

export function bodySize(request: i32): i64 {
  const connection = findRequest(request);
  return isNone(connection) ? <i64>Status.Gone : connection.bodySize;
}

/** Copies what fits and answers the whole length. */
function give(app: usize, size: u32, pointer: usize, length: u32): i32 {
  copyOut(app, pointer, min(size, length));
  return <i32>length;
}

// Fields. Names and values are taken apart as `connection.ts` draws them. ----------------------------------

export function nameAt(connection: Connection, field: u64): usize {
  return connection.head + <usize>(field & 0xffff);
}

export function nameLength(field: u64): u32 {
  return (<u32>(field >> 16)) & 0xffff;
}

export function valueAt(connection: Connection, field: u64): usize {
  return connection.head + <usize>((field >> 32) & 0xffff);
}

export function valueLength(field: u64): u32 {
  return <u32>(field >> 48);
}

/** RFC 9110 section 5.2: lines of one name are one list. */
export function header(request: i32, name: usize, length: u32, app: usize, size: u32): i32 {
  const connection = findRequest(request);
  if (isNone(connection)) return Status.Gone;
  if (length > NAME_LIMIT) return Status.Missing;
  copyIn(scratch, name, length);
  let total: u32 = 0;
  let found = false;
  for (let index: u32 = 0; index < connection.fieldCount; index++) {
    const field = connection.field(index);
    if (nameLength(field) != length || !sameName(scratch, nameAt(connection, field), length)) continue;
    if (found) total = append(app, size, total, JOIN, JOIN_SIZE);
    total = append(app, size, total, valueAt(connection, field), valueLength(field));
    found = true;
  }
  return found ? <i32>total : Status.Missing;
}

function append(app: usize, size: u32, total: u32, pointer: usize, length: u32): u32 {
  if (total < size) copyOut(app + total, pointer, min(size - total, length));
  return total + length;
}

function sameName(one: usize, other: usize, length: u32): bool {
  for (let index: u32 = 0; index < length; index++) {
    if (toLower(load<u8>(one + index)) != toLower(load<u8>(other + index))) return false;
  }
  return true;
}

/** All fields in their order, names in lower case. At most `HEAD_LIMIT` and a blank a field: fits `scratch`. */
export function headers(request: i32, app: usize, size: u32): i32 {
  const connection = findRequest(request);
  if (isNone(connection)) return Status.Gone;
  let at = scratch;
  for (let index: u32 = 0; index < connection.fieldCount; index++) {
    const field = connection.field(index);
    at = emitLower(at, nameAt(connection, field), nameLength(field));
    store<u8>(at, COLON);
    store<u8>(at + 1, SPACE);
    memory.copy(at + 2, valueAt(connection, field), valueLength(field));
    at += 2 + valueLength(field);
    store<u16>(at, CRLF);
    at += 2;
  }
  return give(app, size, scratch, <u32>(at - scratch));
}

function emitLower(at: usize, name: usize, length: u32): usize {
  for (let index: u32 = 0; index < length; index++) store<u8>(at + index, toLower(load<u8>(name + index)));
  return at + length;
}
