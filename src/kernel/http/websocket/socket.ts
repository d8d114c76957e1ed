/**
 * The WebSockets there are: what is known of the frame and the message that are being read.
 *
 *   | Socket | control: 128 |      payload of a control frame, later the reason of the close
 *
 * An id is | generation | index |, positive; a released socket's id names nothing.
 *
 * Owns:   the pool of sockets.
 */
import { running } from "../../app/compartments";
import { createPool, Pool } from "../../memory/pool";
import { Connection } from "../connection";
import { endHold } from "../dispatch";
import { SOCKET_BITS, SOCKET_LIMIT } from "./limits";

export const enum State {
  Free = 0,
  Open = 1,
  /** Our close frame has left; the peer's has not come. */
  Closing = 2,
  /** The app has to be told. */
  Closed = 3,
}

/** RFC 6455 section 5.2. */
export const enum Opcode {
  Continuation = 0,
  Text = 1,
  Binary = 2,
  Close = 8,
  Ping = 9,
  Pong = 10,
}

@final
@unmanaged
export class Socket {
  /** 0 once the stream is not the socket's any more. */
  connection: usize;
  id: i32;
  generation: u32;
  place: u32;
  state: State;
  /** Whose it is. */
  compartment: u32;
  /** It has its connection, and so its compartment, until it is released. */
  isUpgraded: bool;
  /** We are the client of it (RFC 6455 section 1.2), who masks. */
  isClient: bool;

  /** Of the frame's header: how many bytes have come, and they themselves. */
  headerLength: u32;
  headerStart: u64;
  headerEnd: u64;
  /** The header is complete, and some of the payload has not come. */
  isInFrame: bool;
  opcode: i32;
  isFinal: bool;
  /** Bytes of payload that have not come. */
  left: u64;
  /** The key as it is to be used for the next byte. */
  mask: u32;
  controlLength: u32;
  /** Of the control frame that comes: its payload goes to `control`. */
  keepsControl: bool;
  /** The app is told of pings and pongs. */
  heeds: bool;
  /** How much of `control` is a ping whose answer waits for room; -1: none does. */
  owedPong: i32;

  /** `Text` or `Binary` while a message is being read; 0 between two. */
  kind: i32;
  messageLength: u64;
  messageLimit: u32;
  emptyFrames: u32;
  /** The message is complete, and the app has not read that. */
  isEnded: bool;
  utf8: u32;
  /** Changes whenever the app takes something. */
  progress: u32;

  /** The kind of the message that the app is sending in pieces; 0: none. */
  sending: i32;
  wantsWrite: bool;
  /** The peer was asked whether it is there. */
  isAsked: bool;
  /** What the app is told. */
  code: i32;
  reasonLength: u32;

  get control(): usize {
    return changetype<usize>(this) + CONTROL;
  }

  get header(): usize {
    return changetype<usize>(this) + offsetof<Socket>("headerStart");
  }

  get wire(): Connection {
    return changetype<Connection>(this.connection);
  }
}

const CONTROL: usize = (offsetof<Socket>() + 7) & ~7;
const SOCKET_SIZE: u32 = <u32>CONTROL + 128;
const GENERATIONS: u32 = 1 << (31 - SOCKET_BITS);
export const NO_SOCKET: Socket = changetype<Socket>(0);

let sockets: Pool = changetype<Pool>(0);
/** Sockets that are closed and whose app does not know. */
export let untold: u32 = 0;

export function startSockets(): void {
  sockets = createPool(SOCKET_SIZE, SOCKET_LIMIT);
}

/** A new socket, whose connection the caller sets, or none when there are too many. */
export function takeSocket(compartment: u32, messageLimit: u32): Socket {
  const socket = changetype<Socket>(sockets.take());
  if (socket == NO_SOCKET) return socket;
  socket.place = sockets.indexOf(changetype<usize>(socket));
  socket.generation = (socket.generation + 1) & (GENERATIONS - 1);
  if (socket.generation == 0) socket.generation = 1;
  socket.id = <i32>((socket.generation << SOCKET_BITS) | socket.place);
  socket.connection = 0;
  socket.state = State.Open;
  socket.compartment = compartment;
  socket.isUpgraded = false;
  socket.isClient = false;
  socket.headerLength = 0;
  socket.isInFrame = false;
  socket.left = 0;
  socket.controlLength = 0;
  socket.heeds = false;
  socket.owedPong = -1;
  socket.opcode = Opcode.Binary;
  socket.kind = 0;
  socket.messageLimit = messageLimit;
  socket.isEnded = false;
  socket.sending = 0;
  socket.wantsWrite = false;
  socket.isAsked = false;
  socket.reasonLength = 0;
  return socket;
}

export function releaseSocket(socket: Socket): void {
  if (socket.state == State.Closed) untold--;
  socket.state = State.Free;
  socket.id = 0;
  sockets.give(changetype<usize>(socket));
  if (socket.isUpgraded) endHold(socket.compartment);
}

/** The stream is not the socket's any more: the app is told so, and why, with the next poll. */
export function markClosed(socket: Socket, code: i32): void {
  if (socket.state == State.Closed) return;
  socket.state = State.Closed;
  socket.connection = 0;
  socket.code = code;
  untold++;
}

/** The caller's: another compartment's id names nothing. */
export function findSocket(id: i32): Socket {
  const index = (<u32>id) & (SOCKET_LIMIT - 1);
  if (id <= 0 || index >= sockets.touched) return NO_SOCKET;
  const socket = socketAt(index);
  const isOwn = socket.state != State.Free && socket.id == id && socket.compartment == running;
  return isOwn ? socket : NO_SOCKET;
}

export function socketPlaces(): u32 {
  return sockets.touched;
}

/** The socket in this place; its state may be `Free`. */
export function socketAt(place: u32): Socket {
  return changetype<Socket>(sockets.at(place));
}

export function socketsInUse(): u32 {
  return sockets.inUse;
}
