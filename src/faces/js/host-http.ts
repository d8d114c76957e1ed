/**
 * The http part of the host's functions.
 *
 * Owns:   the scratch buffer that requests are read through.
 */
import { Status } from "../../abi/status";
import { HostCall } from "../../runtime/host-call";
import { malloc, QTS_GetFloat64, QTS_NewFloat64 } from "./engine";
import {
  abort,
  begin,
  bodySize,
  end,
  header,
  headers,
  methodName,
  read,
  remote,
  respond,
  target,
  write,
} from "skerry/native/http";
import { context } from "./session";
import { giveBack, Lent, LENT_SIZE, lendLatin1, lendUtf8, newTextLatin1 } from "./text";
import {
  BOX_SIZE,
  bytesLength,
  bytesPointer,
  integerOf,
  isBytes,
  isInteger,
  newBuffer,
  newInteger,
  Tag,
  tagOf,
} from "./value";

/** A request's fields, its target and a piece of its body each fit in this. */
export const SCRATCH_BYTES: u32 = 0x10000;
const REMOTE_BYTES: u32 = 18;
/** No part of a request's head is longer (`HEAD_LIMIT` of the service). */
const HEAD_BYTES: u32 = 16384;

/** Texts as the numbers that they are in memory: there is little room for data below the engine's. */
const SCHEME: u64 = 0x002f_2f3a_7074_7468; // "http://"
const SCHEME_SIZE: u32 = 7;
const HOST: u32 = 0x7473_6f68; // "host"
/** The host where a request names none: "localhost". */
const UNNAMED: u64 = 0x736f_686c_6163_6f6c;
const UNNAMED_LAST: u8 = 0x74;
const UNNAMED_SIZE: i32 = 9;
const SLASH: u8 = 0x2f;
const STAR: u8 = 0x2a;

export let scratch: usize = 0;
const fields = changetype<Lent>(memory.data(LENT_SIZE, 4));
const body = changetype<Lent>(memory.data(LENT_SIZE, 4));

export function openScratch(): void {
  scratch = malloc(SCRATCH_BYTES);
  if (scratch == 0) unreachable();
}

/** The calls from `MethodName` to `Remote`. */
export function callHttp(id: i32, boxes: usize): usize {
  if (!isInteger(boxes)) return newInteger(Status.Invalid);
  const request = integerOf(boxes);
  switch (id) {
    case HostCall.Respond:
      return respondWith(request, boxes);
    case HostCall.Address:
      return readAddress(request);
    case HostCall.MethodName:
      return scratchText(methodName(request, scratch, SCRATCH_BYTES));
    case HostCall.Headers:
      return scratchText(headers(request, scratch, SCRATCH_BYTES));
    case HostCall.Header:
      return readHeader(request, boxes + BOX_SIZE);
    case HostCall.BodySize:
      return QTS_NewFloat64(context, <f64>bodySize(request));
    case HostCall.Read:
      return scratchBytes(read(request, scratch, SCRATCH_BYTES));
    case HostCall.Remote:
      return scratchBytes(remote(request, scratch, REMOTE_BYTES) == Status.Ok ? REMOTE_BYTES : Status.Gone);
    case HostCall.Begin:
      return beginWith(request, boxes);
    case HostCall.Write:
      if (!isBytes(boxes + BOX_SIZE)) return newInteger(Status.Invalid);
      return newInteger(write(request, bytesPointer(boxes + BOX_SIZE), bytesLength(boxes + BOX_SIZE)));
    case HostCall.End:
      return newInteger(end(request));
    case HostCall.Abort:
      abort(request);
      return 0;
    default:
      return newInteger(Status.Invalid);
  }
}

/** (request, status, fields, body) */
function respondWith(request: i32, boxes: usize): usize {
  const status = integerOf(boxes + BOX_SIZE);
  const bodyBox = boxes + 3 * BOX_SIZE;
  if (!lendLatin1(context, boxes + 2 * BOX_SIZE, fields)) return newInteger(Status.Invalid);
  body.pointer = 0;
  body.length = 0;
  body.text = 0;
  let result: i32 = Status.Invalid;
  if (tagOf(bodyBox) == Tag.Undefined || lendUtf8(context, bodyBox, body)) {
    result = respond(request, status, fields.pointer, fields.length, body.pointer, body.length);
    giveBack(context, body);
  }
  giveBack(context, fields);
  return newInteger(result);
}

/** (request, status, fields, body size) */
function beginWith(request: i32, boxes: usize): usize {
  if (!lendLatin1(context, boxes + 2 * BOX_SIZE, fields)) return newInteger(Status.Invalid);
  const size = <i64>QTS_GetFloat64(context, boxes + 3 * BOX_SIZE);
  const result = begin(request, integerOf(boxes + BOX_SIZE), fields.pointer, fields.length, size);
  giveBack(context, fields);
  return newInteger(result);
}

/** A target is a path, a whole URL, or "*" (RFC 9112, 3.2); a request of HTTP/1.0 may name no host. */
function readAddress(request: i32): usize {
  store<u64>(scratch, SCHEME);
  const host = scratch + SCHEME_SIZE;
  const name = scratch + SCRATCH_BYTES - sizeof<u32>();
  store<u32>(name, HOST);
  let hostLength = header(request, name, sizeof<u32>(), host, HEAD_BYTES);
  if (hostLength <= 0) {
    store<u64>(host, UNNAMED);
    store<u8>(host, UNNAMED_LAST, sizeof<u64>());
    hostLength = UNNAMED_SIZE;
  }
  const path = host + hostLength;
  const length = target(request, path, HEAD_BYTES);
  if (length <= 0) return newInteger(min(length, Status.Gone));
  if (load<u8>(path) == STAR) store<u8>(path, SLASH);
  const whole = load<u8>(path) == SLASH ? scratch : path;
  return newTextLatin1(context, whole, <u32>(path - whole) + length);
}

function readHeader(request: i32, name: usize): usize {
  if (!lendLatin1(context, name, fields)) return newInteger(Status.Missing);
  const length = header(request, fields.pointer, fields.length, scratch, SCRATCH_BYTES);
  giveBack(context, fields);
  return scratchText(length);
}

export function scratchText(length: i32): usize {
  if (length < 0) return newInteger(length);
  return newTextLatin1(context, scratch, min<u32>(length, SCRATCH_BYTES));
}

export function scratchBytes(length: i32): usize {
  return length < 0 ? newInteger(length) : newBuffer(context, scratch, min<u32>(length, SCRATCH_BYTES));
}
