/**
 * Frames that leave (RFC 6455 section 5.2), and the ways in which a socket ends.
 *
 *   | final 1, opcode 7 | masked 1, length 7, or 126 and length 16, or 127 and length 64 | a client's key | payload
 */
import { copyIn } from "../../cpu/compartment";
import { randomU32 } from "../../entropy/random";
import { store16be, store64be } from "../../memory/bytes";
import { Connection } from "../connection";
import { endExchange, resumeInput } from "../conversation";
import { setDeadline } from "../deadline";
import { kill } from "../dispatch";
import { WRITE_TIME } from "../limits";
import { send } from "../output";
import { scratch, SCRATCH_SIZE } from "../scratch";
import { CloseCode } from "./code";
import { applyMask } from "./mask";
import { CLOSE_TIME, CONTROL_LIMIT, PING_TIME, PONG_TIME } from "./limits";
import { markClosed, Opcode, Socket, State } from "./socket";

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const MASK_SIZE: usize = 4;
const control: usize = memory.data(136, 8);
/** Of the frame that is being sent, for its next byte; 0: not masked. */
let key: u32 = 0;

/** Writes a frame's header at `at`: the address after it. */
function emitHeader(socket: Socket, at: usize, opcode: i32, isFinal: bool, length: u32): usize {
  store<u8>(at, (<u8>opcode) | (isFinal ? FINAL : 0));
  const masked: u8 = socket.isClient ? MASKED : 0;
  let end = at + 2;
  if (length < 126) {
    store<u8>(at + 1, masked | (<u8>length));
  } else if (length < 65536) {
    store<u8>(at + 1, masked | 126);
    store16be(at, <u16>length, 2);
    end = at + 4;
  } else {
    store<u8>(at + 1, masked | 127);
    store64be(at, <u64>length, 2);
    end = at + 10;
  }
  if (!socket.isClient) return end;
  // Nobody may foresee it, or what an app sends could be made to look like another protocol (section 10.3).
  key = randomU32();
  store<u32>(end, key);
  return end + MASK_SIZE;
}

function maskPayload(socket: Socket, at: usize, length: u32): void {
  if (socket.isClient) key = applyMask(key, at, at, length);
}

/** Sends a frame of the app's bytes: false when memory is short, and the stream has ended. */
export function sendFrame(socket: Socket, opcode: i32, isFinal: bool, app: usize, length: u32): bool {
  let end = emitHeader(socket, scratch, opcode, isFinal, length);
  do {
    const part = min(length, SCRATCH_SIZE - <u32>(end - scratch));
    copyIn(end, app, part);
    maskPayload(socket, end, part);
    if (!sendBytes(socket, scratch, <u32>(end - scratch) + part)) return false;
    app += part;
    length -= part;
    end = scratch;
  } while (length != 0);
  return true;
}

/** Sends a control frame, at most `CONTROL_LIMIT` bytes of payload. */
export function sendControl(socket: Socket, opcode: i32, payload: usize, length: u32): bool {
  const size = min(length, CONTROL_LIMIT);
  const end = emitHeader(socket, control, opcode, true, size);
  memory.copy(end, payload, size);
  maskPayload(socket, end, size);
  return sendBytes(socket, control, <u32>(end - control) + size);
}

/**
 * Answers the ping in `control`: of those that come while something waits to leave, the last one alone (section 5.5.3),
 * or a peer that asks and does not read would fill our memory.
 */
export function answerPing(socket: Socket): void {
  // After our close frame nothing is sent (section 5.5.1).
  if (socket.state != State.Open) return;
  if (socket.wire.unsent.length != 0) socket.owedPong = <i32>socket.controlLength;
  else sendControl(socket, Opcode.Pong, socket.control, socket.controlLength);
}

/** All that waited has left: the answer that is owed may. False: the stream has ended. */
export function sendOwedPong(socket: Socket): bool {
  const length = socket.owedPong;
  socket.owedPong = -1;
  if (length < 0 || socket.state != State.Open) return true;
  return sendControl(socket, Opcode.Pong, socket.control, <u32>length);
}

function sendBytes(socket: Socket, pointer: usize, length: u32): bool {
  if (send(socket.wire, pointer, length)) return true;
  abortSocket(socket, CloseCode.Abnormal);
  return false;
}

/** Sends a close frame with a code and `length` bytes of reason at `reason`; `None`: neither. */
export function sendClose(socket: Socket, code: u32, reason: usize, length: u32): bool {
  if (code == CloseCode.None) return sendControl(socket, Opcode.Close, reason, 0);
  const payload = scratch;
  const size = min(length, CONTROL_LIMIT - 2);
  memory.copy(payload + 2, reason, size);
  store16be(payload, <u16>code);
  return sendControl(socket, Opcode.Close, payload, size + 2);
}

/** Sets the time within which the peer has to take, answer or say something. */
export function expectMore(socket: Socket): void {
  const connection = socket.wire;
  if (connection.unsent.length != 0) setDeadline(connection, WRITE_TIME);
  else if (socket.state == State.Closing) setDeadline(connection, CLOSE_TIME);
  else setDeadline(connection, socket.isAsked ? PONG_TIME : PING_TIME);
}

/** Both have said their last frame: the stream ends when what waits has left (RFC 6455 section 7.1.1). */
export function finishSocket(socket: Socket, code: i32): void {
  const connection = socket.wire;
  markClosed(socket, code);
  connection.closes = true;
  endExchange(connection);
  resumeInput(connection);
}

/** The peer broke the protocol: it is told so, and nothing more is heard of it (RFC 6455 section 7.1.7). */
export function failSocket(socket: Socket, code: u32): void {
  // Told with the sign turned: it is our word, not the peer's.
  if (socket.state == State.Closing || sendClose(socket, code, 0, 0)) finishSocket(socket, -(<i32>code));
}

/** Ends the stream at once. */
export function abortSocket(socket: Socket, code: i32): void {
  const connection = socket.wire;
  markClosed(socket, code);
  kill(connection);
}

export function socketOf(connection: Connection): Socket {
  return changetype<Socket>(connection.upgraded);
}
