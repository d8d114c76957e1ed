/**
 * The app's sockets: a port and the datagrams that wait for the app to read them.
 *
 *   a waiting datagram: | 16 sender address | 2 sender port | payload ... |
 *
 * A slow reader loses the newest datagrams, not the machine its memory: each socket holds `WAITING_PER_SOCKET`, all
 * together `WAITING`, and those of one compartment no more than they leave to others. A socket's id is generation * SOCKETS + slot, so that an id outlived by its socket is known.
 */
import { AppEntry } from "../../../abi/entry";
import { Status } from "../../../abi/status";
import { isIsolated, running } from "../../app/compartments";
import { enterOwner } from "../../app/enter";
import { mayTake } from "../../app/outbound";
import { reserve } from "../../memory/arena";
import { store16be, store64be } from "../../memory/bytes";
import { FrameQueue } from "../ip/frame-queue";
import { Flow } from "../layer";
import { forgetPeers } from "./peers";
import { bindPort, UdpOwner, unbindPort } from "./port-table";

const SOCKETS: u32 = 64;
const GENERATIONS: u32 = 1 << 24;
const WAITING_PER_SOCKET: u32 = 32;
const WAITING: u32 = 256;

export const SENDER_SIZE: u32 = 18;

@final
@unmanaged
class AppSocket {
  queueHead: usize;
  queueTail: usize;
  queueCount: u32;
  id: i32;
  /** The bound port; 0: the slot is free. */
  port: u16;
  generation: u32;
  /** The compartment whose it is. */
  compartment: u32;

  /** The datagrams that wait: the fields above, seen as what they are. */
  get queue(): FrameQueue {
    return changetype<FrameQueue>(changetype<usize>(this) + offsetof<AppSocket>("queueHead"));
  }
}

const SOCKET_SIZE: usize = offsetof<AppSocket>();

let table: usize = 0;
let waiting: u32 = 0;
let owner: UdpOwner = changetype<UdpOwner>(0);

class Receiver extends UdpOwner {
  received(user: usize, flow: Flow, pointer: usize, length: u32): void {
    const socket = changetype<AppSocket>(user);
    if (socket.queue.count >= WAITING_PER_SOCKET || waiting >= WAITING) return;
    if (isIsolated() && !mayTake(countWaiting(socket.compartment), WAITING - waiting)) return;
    const place = socket.queue.extend(SENDER_SIZE + length);
    if (place == 0) return;
    waiting++;
    store64be(place, flow.remoteHigh);
    store64be(place, flow.remoteLow, 8);
    store16be(place, flow.remotePort, 16);
    memory.copy(place + SENDER_SIZE, pointer, length);
    enterOwner(socket.compartment, AppEntry.UdpReadable, socket.id);
  }
}

export function startAppSockets(): void {
  table = reserve(<usize>SOCKETS * SOCKET_SIZE);
  owner = new Receiver();
}

/** A new socket on `port`, 0 for a random one: its id or a `Status`. */
export function openAppSocket(port: u16): i32 {
  for (let slot: u32 = 0; slot < SOCKETS; slot++) {
    const socket = socketAt(slot);
    if (socket.port != 0) continue;
    const bound = bindPort(port, owner, changetype<usize>(socket));
    if (bound < 0) return bound;
    socket.port = <u16>bound;
    socket.compartment = running;
    socket.generation = (socket.generation + 1) % GENERATIONS;
    socket.id = <i32>(socket.generation * SOCKETS + slot);
    return socket.id;
  }
  return Status.Full;
}

/** The caller's living socket with this id, or null. */
export function appSocket(id: i32): AppSocket | null {
  if (id < 0) return null;
  const socket = socketAt(<u32>id % SOCKETS);
  const isOwn = socket.port != 0 && socket.id == id && socket.compartment == running;
  return isOwn ? socket : null;
}

export function closeAppSocket(socket: AppSocket): void {
  unbindPort(socket.port);
  forgetPeers(socket.port);
  socket.port = 0;
  waiting -= socket.queue.count;
  socket.queue.clear();
}

/** Of a compartment that is gone. */
export function closeAppSockets(who: u32): void {
  for (let slot: u32 = 0; slot < SOCKETS; slot++) {
    const socket = socketAt(slot);
    if (socket.port != 0 && socket.compartment == who) closeAppSocket(socket);
  }
}

export function countAppSockets(who: u32): u32 {
  let count: u32 = 0;
  for (let slot: u32 = 0; slot < SOCKETS; slot++) {
    const socket = socketAt(slot);
    if (socket.port != 0 && socket.compartment == who) count++;
  }
  return count;
}

export function freeAppSockets(): u32 {
  let count: u32 = 0;
  for (let slot: u32 = 0; slot < SOCKETS; slot++) if (socketAt(slot).port == 0) count++;
  return count;
}

/** Datagrams that wait for a compartment. */
export function countWaiting(who: u32): u32 {
  let count: u32 = 0;
  for (let slot: u32 = 0; slot < SOCKETS; slot++) {
    const socket = socketAt(slot);
    if (socket.port != 0 && socket.compartment == who) count += socket.queue.count;
  }
  return count;
}

/** Drops the datagram at the front. */
export function dropFront(socket: AppSocket): void {
  socket.queue.drop();
  waiting--;
}

function socketAt(slot: u32): AppSocket {
  return changetype<AppSocket>(table + <usize>slot * SOCKET_SIZE);
}
