/** The fetch part of the host's functions. */
import { Status } from "../../abi/status";
import { HostCall } from "../../runtime/host-call";
import { abort, begin, end, head, read, write } from "skerry/native/fetch";
import { QTS_GetFloat64 } from "./engine";
import { scratch, SCRATCH_BYTES, scratchBytes, scratchText } from "./host-http";
import { context } from "./session";
import { giveBack, Lent, LENT_SIZE, lendLatin1 } from "./text";
import { BOX_SIZE, bytesLength, bytesPointer, integerOf, isBytes, isInteger, newInteger } from "./value";

const lines = changetype<Lent>(memory.data(LENT_SIZE, 4));

/** The calls from `FetchBegin` to `FetchAbort`. */
export function callFetch(id: i32, boxes: usize): usize {
  if (id == HostCall.FetchBegin) return beginWith(boxes);
  if (!isInteger(boxes)) return newInteger(Status.Invalid);
  const exchange = integerOf(boxes);
  switch (id) {
    case HostCall.FetchWrite:
      if (!isBytes(boxes + BOX_SIZE)) return newInteger(Status.Invalid);
      return newInteger(write(exchange, bytesPointer(boxes + BOX_SIZE), bytesLength(boxes + BOX_SIZE)));
    case HostCall.FetchEnd:
      return newInteger(end(exchange));
    case HostCall.FetchHead:
      return scratchText(head(exchange, scratch, SCRATCH_BYTES));
    case HostCall.FetchRead:
      return scratchBytes(read(exchange, scratch, SCRATCH_BYTES));
    default:
      abort(exchange);
      return 0;
  }
}

/** (head, body size) */
function beginWith(boxes: usize): usize {
  if (!lendLatin1(context, boxes, lines)) return newInteger(Status.Invalid);
  const result = begin(lines.pointer, lines.length, <i64>QTS_GetFloat64(context, boxes + BOX_SIZE));
  giveBack(context, lines);
  return newInteger(result);
}
