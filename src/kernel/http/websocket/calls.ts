/**
 * The calls of the app: `websocket` in `src/abi/services.ts`.
 *
 * The app stands on the native stack under each of these, so none of them enters it: what ends a socket here is told with
 * the next poll.
 *
 * Tests: websocket.test.ts
 */
import { AppEntry } from "../../../abi/entry";
import { Status } from "../../../abi/status";
import { enterOwner } from "../../app/enter";
import { copyIn, copyOut } from "../../cpu/compartment";
import { Delimiter, Phase } from "../connection";
import { enter, findRequest, leave } from "../connections";
import { resumeInput } from "../conversation";
import { noteAnswer } from "../dispatch";
import { RESPONSE_FIELDS_LIMIT } from "../limits";
import { scratch } from "../scratch";
import { upgrade } from "../upgrade";
import { CloseCode, maySay } from "./code";
import { readContent } from "./frames";
import { checkRequest, sendAcceptance } from "./handshake";
import { CONTROL_LIMIT, FRAME_LIMIT, MESSAGE_LIMIT } from "./limits";
import { abortSocket, expectMore, failSocket, sendClose, sendFrame } from "./sending";
import {
  findSocket,
  NO_SOCKET,
  Opcode,
  releaseSocket,
  Socket,
  socketAt,
  socketPlaces,
  State,
  takeSocket,
  untold,
} from "./socket";
import { checkUtf8 } from "./utf8";

const FINAL: i32 = 0x80;
const SWITCHING_PROTOCOLS: i32 = 101;

/** accept(request, fields, message limit; 0: `MESSAGE_LIMIT`): the id of a socket. */
export function accept(request: i32, fields: usize, fieldsLength: u32, limit: i32): i32 {
  const connection = findRequest(request);
  if (changetype<usize>(connection) == 0) return Status.Gone;
  if (connection.delimiter != Delimiter.None || fieldsLength > RESPONSE_FIELDS_LIMIT || limit < 0)
    return Status.Invalid;
  const judged = checkRequest(connection);
  if (judged != Status.Ok) return judged;
  const socket = takeSocket(connection.compartment, limit == 0 ? MESSAGE_LIMIT : <u32>limit);
  if (socket == NO_SOCKET) return Status.Full;
  socket.connection = changetype<usize>(connection);
  enter(connection);
  const sent = sendAcceptance(connection, fields, fieldsLength);
  const id = socket.id;
  if (sent == Status.Ok) {
    socket.isUpgraded = true;
    noteAnswer(connection, SWITCHING_PROTOCOLS);
    upgrade(connection, changetype<usize>(socket));
    expectMore(socket);
    resumeInput(connection);
  } else {
    releaseSocket(socket);
  }
  leave(connection);
  return sent == Status.Ok ? id : sent;
}

/** What may leave now: a control frame at any time, a message's frames in their order (RFC 6455 sections 5.4, 5.5). */
function maySend(socket: Socket, frame: i32, length: u32): bool {
  const opcode = frame & ~FINAL;
  if (opcode == Opcode.Ping || opcode == Opcode.Pong) return (frame & FINAL) != 0 && length <= CONTROL_LIMIT;
  if (opcode < 0 || opcode > Opcode.Binary || length > FRAME_LIMIT) return false;
  return (opcode == Opcode.Continuation) == (socket.sending != 0);
}

/** send(socket, opcode, plus 0x80 where it is the message's last frame; bytes): `Full`: `WebsocketWritable` follows. */
export function send(id: i32, frame: i32, bytes: usize, length: u32): i32 {
  const socket = findSocket(id);
  if (socket == NO_SOCKET || socket.state != State.Open) return Status.Gone;
  if (!maySend(socket, frame, length)) return Status.Invalid;
  const opcode = frame & ~FINAL;
  const connection = socket.wire;
  if (connection.unsent.length != 0) {
    socket.wantsWrite = true;
    return Status.Full;
  }
  if (opcode < Opcode.Close) socket.sending = (frame & FINAL) != 0 ? 0 : Opcode.Binary;
  enter(connection);
  if (sendFrame(socket, opcode, (frame & FINAL) != 0, bytes, length)) expectMore(socket);
  leave(connection);
  return Status.Ok;
}

/** kind(socket): the opcode of the message that is being read. */
export function kind(id: i32): i32 {
  const socket = findSocket(id);
  return socket == NO_SOCKET ? Status.Gone : socket.kind;
}

export function read(id: i32, app: usize, size: u32): i32 {
  const socket = findSocket(id);
  if (socket == NO_SOCKET || socket.state != State.Open) return Status.Gone;
  const connection = socket.wire;
  enter(connection);
  const result = readContent(socket, app, size);
  leave(connection);
  return result;
}

/** close(socket, code; 1005: none, reason): our close frame leaves, `WebsocketClosed` follows. */
export function close(id: i32, code: i32, reason: usize, length: u32): i32 {
  const socket = findSocket(id);
  if (socket == NO_SOCKET || socket.state != State.Open) return Status.Gone;
  if (code != CloseCode.None && !maySay(<u32>code)) return Status.Invalid;
  if (length > CONTROL_LIMIT - 2 || (code == CloseCode.None && length != 0)) return Status.Invalid;
  const text = scratch + CONTROL_LIMIT + 8; // clear of where the frame's payload is put together
  copyIn(text, reason, length);
  if (checkUtf8(0, text, length) != 0) return Status.Invalid;
  const connection = socket.wire;
  enter(connection);
  if (sendClose(socket, <u32>code, text, length)) {
    socket.state = State.Closing;
    expectMore(socket);
    resumeInput(connection);
  }
  leave(connection);
  return Status.Ok;
}

/** heed(socket): pings and pongs are told from now on. */
export function heed(id: i32): void {
  const socket = findSocket(id);
  if (socket != NO_SOCKET) socket.heeds = true;
}

/** reason(socket, text): the peer's, inside `WebsocketClosed`; a ping's or pong's payload, inside `WebsocketControl`: length. */
export function reason(id: i32, app: usize, size: u32): i32 {
  const socket = findSocket(id);
  if (socket == NO_SOCKET) return Status.Gone;
  const isClosed = socket.state == State.Closed;
  const length = isClosed ? socket.reasonLength : socket.controlLength;
  copyOut(app, isClosed ? socket.control + 2 : socket.control, min(size, length));
  return <i32>length;
}

/** Ends the socket at once; nothing is told. */
export function abort(id: i32): void {
  const socket = findSocket(id);
  if (socket == NO_SOCKET) return;
  if (socket.connection != 0) {
    const connection = socket.wire;
    enter(connection);
    abortSocket(socket, CloseCode.Abnormal);
    leave(connection);
  }
  releaseSocket(socket);
}

/** Tells the app of sockets that are closed: whether there were any. */
export function poll(): bool {
  let worked = false;
  for (let place: u32 = 0; untold != 0 && place < socketPlaces(); place++) {
    const socket = socketAt(place);
    if (socket.state != State.Closed) continue;
    const id = socket.id;
    enterOwner(socket.compartment, AppEntry.WebsocketClosed, id, socket.code);
    if (socket.id == id) releaseSocket(socket);
    worked = true;
  }
  return worked;
}

/** A compartment's app is gone: peers are told that the service starts again. */
export function dropSockets(who: u32): void {
  for (let place: u32 = 0; place < socketPlaces(); place++) {
    const socket = socketAt(place);
    if (socket.state == State.Free || socket.compartment != who) continue;
    if (socket.connection != 0) drop(socket);
    if (socket.state != State.Free) releaseSocket(socket);
  }
}

function drop(socket: Socket): void {
  const connection = socket.wire;
  enter(connection);
  if (connection.phase == Phase.Upgraded) failSocket(socket, CloseCode.ServiceRestart);
  leave(connection);
}
