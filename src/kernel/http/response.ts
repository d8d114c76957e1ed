/**
 * The head of a response, composed with a small body behind it where both leave from, or else in one scratch buffer.
 *
 *   | status line | the app's fields | Date | Connection | Content-Length or Transfer-Encoding | CR LF | body ...
 *
 * Servers give the same head again and again: the last one is kept, and as long as the app's fields, the status, the
 * length and the second are the same, it is copied.
 *
 * Tests:  response.test.ts
 */
import { Method } from "../../abi/status";
import { copyIn } from "../cpu/compartment";
import { now } from "../time/clock";
import { areSame, copyShort, CRLF, keepText, storeText } from "./characters";
import { Connection, Delimiter, Fact } from "./connection";
import { DATE_SIZE, dateEnd, dateLine } from "./date";
import { emitDecimal } from "./numbers";
import { checkFields, fieldsClose, fieldsHaveDate, fieldsLength } from "./response-fields";
import { scratch } from "./scratch";
import { emitStatusLine } from "./status-line";

const CONTENT_LENGTH: string = "Content-Length: ";
let contentLength: usize = 0;

export function startResponses(): void {
  contentLength = keepText(CONTENT_LENGTH);
}

/** Neither an interim status nor outside of RFC 9110 section 15. */
export function isFinalStatus(status: i32): bool {
  return status >= 200 && status <= 599;
}

/**
 * Composes a head at `start` for a body of `size` bytes, -1: unknown. The fields are the app's, at `fields`: with
 * `HEAD_ROOM` they fit. Answers the head's end, or 0 when the fields are refused; then nothing has changed.
 */
export function composeHead(
  connection: Connection,
  start: usize,
  status: u32,
  fields: usize,
  fieldsSize: u32,
  size: i64,
): usize {
  const mayBeKept = isOrdinary(connection, size);
  if (mayBeKept && isKept(status, fieldsSize, size)) {
    copyIn(start, fields, fieldsSize);
    if (areSame(start, kept + keptAt, fieldsSize)) return useKept(connection, start, size);
  }
  const lineEnd = emitStatusLine(start, status);
  copyIn(lineEnd, fields, fieldsSize);
  let at = checkFields(lineEnd, fieldsSize);
  if (at == 0) return 0;
  const isWhole = at == lineEnd + fieldsSize;
  if (fieldsClose) connection.closes = true;
  if (!fieldsHaveDate) at = emitDateLine(at);
  const end = endHead(connection, at, status, size, fieldsLength);
  if (mayBeKept && isWhole) keep(start, status, fieldsSize, size, lineEnd, end);
  return end;
}

// The last head. ------------------------------------------------------------------------------------------

const KEPT_LIMIT: u32 = 512;
const kept: usize = memory.data(520, 8);
let keptLength: u32 = 0;
let keptFieldsSize: u32 = 0;
let keptSize: i64 = 0;
/** 0: there is none. */
let keptStatus: u32 = 0;
/** Where the app's fields begin in it. */
let keptAt: u32 = 0;
let keptUntil: i64 = 0;

/** Whether nothing but the body's size decides what the server's fields are. */
function isOrdinary(connection: Connection, size: i64): bool {
  return size >= 0 && !connection.closes && !connection.has(Fact.Old) && connection.method != Method.Head;
}

function isKept(status: u32, fieldsSize: u32, size: i64): bool {
  return keptStatus == status && keptFieldsSize == fieldsSize && keptSize == size && now() < keptUntil;
}

function useKept(connection: Connection, start: usize, size: i64): usize {
  connection.delimiter = Delimiter.Length;
  connection.responseLeft = size;
  memory.copy(start, kept, keptLength);
  return start + keptLength;
}

function keep(start: usize, status: u32, fieldsSize: u32, size: i64, lineEnd: usize, end: usize): void {
  keptStatus = 0;
  const length = <u32>(end - start);
  if (length > KEPT_LIMIT || status == 204 || status == 304) return;
  memory.copy(kept, start, length);
  keptLength = length;
  keptFieldsSize = fieldsSize;
  keptSize = size;
  keptAt = <u32>(lineEnd - start);
  keptUntil = dateEnd();
  keptStatus = status;
}

/** Begins a head of the server's own in `scratch`: where its fields go. */
export function beginHead(status: u32): usize {
  return emitStatusLine(scratch, status);
}

/** Ends a head whose fields end at `at`, for a body of `size` bytes: the head's end. */
export function endOwnHead(connection: Connection, at: usize, status: u32, size: u32): usize {
  return endHead(connection, emitDateLine(at), status, <i64>size, -1);
}

/** Composes a whole response without a body, after which the stream ends. */
export function composeRefusal(connection: Connection, status: u32): usize {
  connection.closes = true;
  return endHead(connection, emitDateLine(emitStatusLine(scratch, status)), status, 0, -1);
}

export function composeContinue(): usize {
  return storeText(scratch, "HTTP/1.1 100 Continue\r\n\r\n");
}

function emitDateLine(at: usize): usize {
  return copyShort(at, dateLine(), DATE_SIZE);
}

/**
 * Decides how the body is delimited (RFC 9112 section 6) and writes the server's fields. `declared` is the app's
 * own Content-Length, or -1.
 */
function endHead(connection: Connection, at: usize, status: u32, size: i64, declared: i64): usize {
  const old = connection.has(Fact.Old);
  const bodiless = status == 204 || status == 304;
  let length = size;
  connection.delimiter = size >= 0 ? Delimiter.Length : old ? Delimiter.Close : Delimiter.Chunks;
  if (bodiless || connection.method == Method.Head) {
    connection.delimiter = Delimiter.Bodiless;
    // RFC 9110 sections 8.6 and 9.3.2: the length that the GET would have had, as far as the app knows it.
    if (size <= 0 && declared >= 0) length = declared;
    else if (status == 304) length = -1;
  } else if (connection.delimiter == Delimiter.Close) {
    connection.closes = true;
  }
  connection.responseLeft = size;
  if (connection.closes) at = storeText(at, "Connection: close\r\n");
  else if (old) at = storeText(at, "Connection: keep-alive\r\n");
  if (length >= 0 && status != 204) {
    at = emitDecimal(copyShort(at, contentLength, CONTENT_LENGTH.length), <u64>length);
    store<u16>(at, CRLF);
    at += 2;
  } else if (length < 0 && !old && !bodiless) {
    at = storeText(at, "Transfer-Encoding: chunked\r\n");
  }
  store<u16>(at, CRLF);
  return at + 2;
}
