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

export let scratch: usize = 0;
const fields = changetype<Lent>(memory.data(LENT_SIZE, 4));
const body = changetype<Lent>(memory.data(LENT_SIZE, 4));

export function startHttp(): void {
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
    case HostCall.Target:
      return scratchText(target(request, scratch, SCRATCH_BYTES));
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
