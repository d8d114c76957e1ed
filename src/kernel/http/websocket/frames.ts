/**
 * Frames that come in (RFC 6455 section 5): headers are gathered, control frames answered here, and the payload of data
 * frames stays where it is until the app reads it, unmasked on its way.
 *
 * Nothing is taken that the app has not asked for, so a peer that sends faster than the app reads is held by TCP. A
 * control frame behind such data waits with it.
 *
 * Tests: websocket.test.ts
 */
import { AppEntry } from "../../../abi/entry";
import { Status } from "../../../abi/status";
import { enterOwner } from "../../app/enter";
import { copyOut } from "../../cpu/compartment";
import { load16be, load64be } from "../../memory/bytes";
import { Connection, Phase } from "../connection";
import { resumeInput } from "../conversation";
import { scratch, SCRATCH_SIZE } from "../scratch";
import { CloseCode, maySay } from "./code";
import { CONTROL_LIMIT, EMPTY_FRAME_LIMIT } from "./limits";
import { applyMask } from "./mask";
import { answerPing, failSocket, finishSocket, sendClose, socketOf } from "./sending";
import { Opcode, Socket, State } from "./socket";
import { checkUtf8, INVALID } from "./utf8";

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
const SMALLEST_HEADER: u32 = 2;
const MASK_SIZE: u32 = 4;

/** Goes on with what the provider offers, as far as the app takes it. */
export function takeFrames(connection: Connection): void {
  const socket = socketOf(connection);
  while (connection.phase == Phase.Upgraded && socket.connection == changetype<usize>(connection)) {
    if (!takeMore(socket, connection)) return;
  }
}

/** Whether something was taken. */
function takeMore(socket: Socket, connection: Connection): bool {
  const isContent = socket.isInFrame && socket.opcode < Opcode.Close;
  if (socket.isEnded || (isContent && connection.available() != 0)) {
    if (socket.state == State.Closing) return dropContent(socket, connection);
    const before = socket.progress;
    enterOwner(socket.compartment, AppEntry.WebsocketReadable, socket.id);
    return socket.progress != before || socket.connection == 0;
  }
  if (connection.available() == 0) return false;
  return socket.isInFrame ? takeControl(socket, connection) : takeHeader(socket, connection);
}

/** We have said our last: messages that come meanwhile are nobody's. */
function dropContent(socket: Socket, connection: Connection): bool {
  const count = <u32>min<u64>(socket.left, <u64>connection.available());
  connection.input += count;
  socket.left -= count;
  if (socket.isEnded) socket.kind = 0;
  socket.isEnded = false;
  if (socket.isInFrame && socket.left == 0) endFrame(socket);
  return true;
}

// Headers ---------------------------------------------------------------------------------------------------

/** How long the header is, as far as what has come of it tells. */
function headerSize(socket: Socket): u32 {
  if (socket.headerLength < SMALLEST_HEADER) return SMALLEST_HEADER;
  const length = load<u8>(socket.header, 1) & LENGTH;
  return SMALLEST_HEADER + (socket.isClient ? 0 : MASK_SIZE) + (length == 126 ? 2 : length == 127 ? 8 : 0);
}

function takeHeader(socket: Socket, connection: Connection): bool {
  while (socket.headerLength < headerSize(socket)) {
    if (connection.available() == 0) return false;
    store<u8>(socket.header + socket.headerLength++, load<u8>(connection.input++));
    if (socket.headerLength != SMALLEST_HEADER) continue;
    const code = judgeStart(socket);
    if (code != 0) {
      failSocket(socket, code);
      return true;
    }
  }
  const code = beginFrame(socket);
  if (code != 0) failSocket(socket, code);
  else if (socket.left == 0) endFrame(socket);
  return true;
}

/** The close code that the first two bytes deserve; 0: none. */
function judgeStart(socket: Socket): u32 {
  const first = load<u8>(socket.header);
  const second = load<u8>(socket.header, 1);
  const opcode = <i32>(first & 15);
  // A client masks all that it sends, a server nothing (section 5.1).
  if ((first & RESERVED) != 0 || ((second & MASKED) == 0) != socket.isClient) return CloseCode.ProtocolError;
  if (opcode >= Opcode.Close) {
    const fits = (second & LENGTH) <= CONTROL_LIMIT;
    return opcode <= Opcode.Pong && (first & FINAL) != 0 && fits ? 0 : CloseCode.ProtocolError;
  }
  // A message goes on with continuations, and with nothing else.
  if (opcode > Opcode.Binary || (opcode == Opcode.Continuation) != (socket.kind != 0))
    return CloseCode.ProtocolError;
  return 0;
}

/** The header is complete. */
function beginFrame(socket: Socket): u32 {
  const header = socket.header;
  const first = load<u8>(header);
  socket.isInFrame = true;
  const short = load<u8>(header, 1) & LENGTH;
  socket.opcode = <i32>(first & 15);
  socket.isFinal = (first & FINAL) != 0;
  socket.left = short;
  if (short == 126) socket.left = load16be(header, 2);
  else if (short == 127) socket.left = load64be(header, 2);
  // The shortest form that fits (section 5.2); the top bit of 64 is no length.
  if ((short == 126 && socket.left < 126) || (short == 127 && (socket.left < 65536 || <i64>socket.left < 0)))
    return CloseCode.ProtocolError;
  socket.mask = socket.isClient ? 0 : load<u32>(header + socket.headerLength - MASK_SIZE);
  if (socket.opcode >= Opcode.Close) {
    socket.controlLength = 0;
    if (socket.opcode != Opcode.Pong) socket.owedPong = -1;
    // A pong that is told has no payload where the answer to a ping waits in its place.
    socket.keepsControl = socket.opcode != Opcode.Pong || (socket.heeds && socket.owedPong < 0);
    return 0;
  }
  if (socket.opcode != Opcode.Continuation) {
    socket.kind = socket.opcode;
    socket.messageLength = 0;
    socket.emptyFrames = 0;
    socket.utf8 = 0;
  }
  if (socket.left == 0 && ++socket.emptyFrames > EMPTY_FRAME_LIMIT) return CloseCode.ProtocolError;
  socket.messageLength += socket.left;
  const isTooBig = socket.left > <u64>socket.messageLimit || socket.messageLength > <u64>socket.messageLimit;
  return isTooBig ? CloseCode.TooBig : 0;
}

/** The frame's payload has come. */
function endFrame(socket: Socket): void {
  socket.headerLength = 0;
  socket.isInFrame = false;
  if (socket.opcode >= Opcode.Close) {
    answerControl(socket);
  } else if (socket.isFinal) {
    if (socket.state != State.Open) socket.kind = 0;
    else if (socket.kind == Opcode.Text && socket.utf8 != 0) failSocket(socket, CloseCode.InvalidData);
    else socket.isEnded = true;
  }
}

// Control frames --------------------------------------------------------------------------------------------

function takeControl(socket: Socket, connection: Connection): bool {
  const count = <u32>min<u64>(socket.left, <u64>connection.available());
  if (socket.keepsControl) {
    unmask(socket, connection.input, socket.control + socket.controlLength, count);
    socket.controlLength += count;
  }
  connection.input += count;
  socket.left -= count;
  if (socket.left == 0) endFrame(socket);
  return true;
}

function answerControl(socket: Socket): void {
  if (socket.opcode == Opcode.Close) {
    endBoth(socket);
    return;
  }
  if (socket.opcode == Opcode.Ping) answerPing(socket);
  if (socket.heeds && socket.state == State.Open)
    enterOwner(socket.compartment, AppEntry.WebsocketControl, socket.id, socket.opcode);
}

/** The peer's close frame: a code and a reason in UTF-8, or nothing (section 5.5.1). */
function endBoth(socket: Socket): void {
  const length = socket.controlLength;
  let code: u32 = CloseCode.None;
  if (length != 0) {
    code = length == 1 ? 0 : load16be(socket.control);
    if (!maySay(code)) {
      failSocket(socket, CloseCode.ProtocolError);
      return;
    }
    if (checkUtf8(0, socket.control + 2, length - 2) != 0) {
      failSocket(socket, CloseCode.InvalidData);
      return;
    }
    socket.reasonLength = length - 2;
  }
  if (socket.state == State.Closing || sendClose(socket, code, 0, 0)) finishSocket(socket, <i32>code);
}

// Content ---------------------------------------------------------------------------------------------------

/** read(socket, bytes): bytes of the message, its `End`, or `Again` (`WebsocketReadable` follows). */
export function readContent(socket: Socket, app: usize, size: u32): i32 {
  const connection = socket.wire;
  let total: u32 = 0;
  while (total < size && socket.isInFrame && socket.opcode < Opcode.Close) {
    const available = min(connection.available(), min(size - total, SCRATCH_SIZE));
    const count = <u32>min<u64>(socket.left, <u64>available);
    if (count == 0) break;
    unmask(socket, connection.input, scratch, count);
    if (socket.kind == Opcode.Text) {
      socket.utf8 = checkUtf8(socket.utf8, scratch, count);
      if (socket.utf8 == INVALID) {
        failSocket(socket, CloseCode.InvalidData);
        return Status.Gone;
      }
    }
    copyOut(app + total, scratch, count);
    connection.input += count;
    socket.left -= count;
    total += count;
    socket.progress++;
    if (socket.left == 0) endFrame(socket);
    if (socket.connection == 0) return Status.Gone;
  }
  if (total != 0 || size == 0) return <i32>total;
  if (socket.isEnded) {
    socket.isEnded = false;
    socket.kind = 0;
    socket.progress++;
    return Status.End;
  }
  resumeInput(connection);
  return Status.Again;
}

function unmask(socket: Socket, source: usize, target: usize, length: u32): void {
  socket.mask = applyMask(socket.mask, source, target, length);
}
