/** The websocket part of the host's functions. */
import { Status } from "../../abi/status";
import { HostCall } from "../../runtime/host-call";
import { abort, accept, close, heed, kind, read, reason, send } from "skerry/native/websocket";
import { scratch, SCRATCH_BYTES, scratchBytes } from "./host-http";
import { context } from "./session";
import { giveBack, Lent, LENT_SIZE, lendLatin1 } from "./text";
import { BOX_SIZE, bytesLength, bytesPointer, integerOf, isBytes, isInteger, newInteger } from "./value";

const lines = changetype<Lent>(memory.data(LENT_SIZE, 4));

/** The calls from `SocketAccept` to `SocketAbort`. */
export function callWebSocket(id: i32, boxes: usize): usize {
  if (!isInteger(boxes)) return newInteger(Status.Invalid);
  const socket = integerOf(boxes);
  switch (id) {
    case HostCall.SocketAccept:
      return acceptWith(socket, boxes + BOX_SIZE);
    case HostCall.SocketKind:
      return newInteger(kind(socket));
    case HostCall.SocketRead:
      return scratchBytes(read(socket, scratch, SCRATCH_BYTES));
    case HostCall.SocketReason:
      return scratchBytes(max(reason(socket, scratch, SCRATCH_BYTES), 0));
    case HostCall.SocketHeed:
      heed(socket);
      return 0;
    case HostCall.SocketAbort:
      abort(socket);
      return 0;
    default:
      return sayWith(id, socket, boxes);
  }
}

/** (request, fields, message limit) */
function acceptWith(request: i32, fields: usize): usize {
  const limit = fields + BOX_SIZE;
  if (!isInteger(limit) || !lendLatin1(context, fields, lines)) return newInteger(Status.Invalid);
  const result = accept(request, lines.pointer, lines.length, integerOf(limit));
  giveBack(context, lines);
  return newInteger(result);
}

/** (socket, frame or code, bytes) */
function sayWith(id: i32, socket: i32, boxes: usize): usize {
  const bytes = boxes + 2 * BOX_SIZE;
  if (!isInteger(boxes + BOX_SIZE) || !isBytes(bytes)) return newInteger(Status.Invalid);
  const number = integerOf(boxes + BOX_SIZE);
  if (id == HostCall.SocketSend)
    return newInteger(send(socket, number, bytesPointer(bytes), bytesLength(bytes)));
  return newInteger(close(socket, number, bytesPointer(bytes), bytesLength(bytes)));
}
