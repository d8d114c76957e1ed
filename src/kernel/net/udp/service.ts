/**
 * The `udp` service: the app's calls on its sockets.
 */
import { Status } from "../../../abi/status";
import { isIsolated, running } from "../../app/compartments";
import { mayOpen } from "../../app/outbound";
import { copyIn, copyOut } from "../../cpu/compartment";
import { load16be, load64be } from "../../memory/bytes";
import { network } from "../ip/network";
import { Flow, PROTOCOL_UDP } from "../layer";
import {
  appSocket,
  closeAppSocket,
  closeAppSockets,
  countAppSockets,
  dropFront,
  freeAppSockets,
  openAppSocket,
  SENDER_SIZE,
  startAppSockets,
} from "./app-socket";
import { heardFrom, mayAnswer } from "./peers";
import { startPorts } from "./port-table";
import { maximumUdpPayload, openUdp, sendUdp, UdpTransport } from "./transport";

const ADDRESS_SIZE: u32 = 16;
const LAST_PORT: u32 = 65535;

const flow = changetype<Flow>(memory.data(48, 8));
const scratch: usize = memory.data(16, 8);

export function start(): void {
  startPorts();
  startAppSockets();
  network().register(PROTOCOL_UDP, new UdpTransport());
}

/** The app is gone. */
export function release(who: u32): void {
  closeAppSockets(who);
}

export function bind(port: i32): i32 {
  if (<u32>port > LAST_PORT) return Status.Invalid;
  // Of many, none can take what the network sends to all.
  if (port != 0 && isIsolated()) return Status.Refused;
  if (!mayOpen(countAppSockets(running), freeAppSockets())) return Status.Full;
  return openAppSocket(<u16>port);
}

/** `Denied` unless it is an answer or a grant covers it; `Missing` where no route leads; `Invalid`: not in one frame. */
export function send(
  id: i32,
  addressPointer: usize,
  addressLength: u32,
  port: i32,
  pointer: usize,
  length: u32,
): i32 {
  const socket = appSocket(id);
  if (socket == null) return Status.Gone;
  if (addressLength != ADDRESS_SIZE || port == 0 || <u32>port > LAST_PORT) return Status.Invalid;
  copyIn(scratch, addressPointer, ADDRESS_SIZE);
  flow.remoteHigh = load64be(scratch);
  flow.remoteLow = load64be(scratch, 8);
  if (length > maximumUdpPayload(flow)) return Status.Invalid;
  flow.remotePort = <u16>port;
  flow.localPort = socket.port;
  if (!network().localFor(flow)) return Status.Missing;
  const isAnswer = mayAnswer(flow.remoteHigh, flow.remoteLow, flow.remotePort, flow.localPort);
  if (!isAnswer && !network().mayBegin(flow, PROTOCOL_UDP)) return Status.Denied;
  const payload = openUdp(flow);
  if (payload == 0) return Status.Missing;
  copyIn(payload, pointer, length);
  sendUdp(flow, length);
  return Status.Ok;
}

/** Takes one datagram; what does not fit the range is lost. `Again` when none waits. */
export function receive(id: i32, senderPointer: usize, senderLength: u32, pointer: usize, length: u32): i32 {
  const socket = appSocket(id);
  if (socket == null) return Status.Gone;
  if (senderLength < SENDER_SIZE) return Status.Invalid;
  if (socket.queue.count == 0) return Status.Again;
  const datagram = socket.queue.front();
  const taken = min(socket.queue.frontLength() - SENDER_SIZE, length);
  heardFrom(load64be(datagram), load64be(datagram, 8), load16be(datagram, 16), socket.port);
  copyOut(senderPointer, datagram, SENDER_SIZE);
  copyOut(pointer, datagram + SENDER_SIZE, taken);
  dropFront(socket);
  return <i32>taken;
}

export function close(id: i32): void {
  const socket = appSocket(id);
  if (socket != null) closeAppSocket(socket);
}
