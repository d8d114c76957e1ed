/** The `tcp` service: streams for the app. See `src/abi/services.ts`. */
import { Status } from "../../../abi/status";
import { isIsolated, running } from "../../app/compartments";
import { mayOpen } from "../../app/outbound";
import { findNumber } from "../../configuration";
import { copyIn, copyOut } from "../../cpu/compartment";
import { load64be } from "../../memory/bytes";
import { SECOND } from "../../time/clock";
import { network } from "../ip/network";
import { Connection } from "./connection";
import { updateWindow } from "./delivery";
import { startKeepAlive } from "./keep-alive";
import { CONNECTION_LIMIT } from "./limits";
import { freeConnections } from "./lifetime";
import { addListener, lastListener } from "./listener";
import { provider } from "./provider";
import { connect as connectStream, countStreams, dropStreams, wasDenied } from "./streams";
import {
  connectionOf,
  idOf,
  offered,
  offeredLength,
  offeredPointer,
  socketsOf,
  startSockets,
  takeOffered,
} from "./sockets";
import { startTcp } from "./transport";
import { markWork } from "./work";

const ADDRESS_SIZE: u32 = 16;
const END_SIZE: u32 = 18;
/** An id has 16 bits for the connection. */
const CONNECTION_LIMIT_HIGHEST: u32 = 65536;

/** Of an address and a port. */
const bounce: usize = memory.data(24, 8);

export { flush, poll } from "./turn";

export function start(): void {
  const wanted = findNumber("tcp.connections", CONNECTION_LIMIT);
  startTcp(network(), max<u32>(min<u32>(wanted, CONNECTION_LIMIT_HIGHEST), 1));
  startSockets();
  startKeepAlive(<i64>findNumber("tcp.keepalive", 0) * SECOND);
}

/** The app is gone: its peers see resets, and its ports are free. */
export function release(who: u32): void {
  dropStreams(socketsOf(who));
}

export function listen(port: i32): i32 {
  if (port <= 0 || port > 0xffff) return Status.Invalid;
  if (isIsolated()) return Status.Refused;
  return addListener(<u16>port, false, socketsOf(running)) ? <i32>lastListener() : Status.Full;
}

export function connect(addressPointer: usize, addressLength: u32, port: i32): i32 {
  if (addressLength != ADDRESS_SIZE || port <= 0 || port > 0xffff) return Status.Invalid;
  // The table itself makes room for whoever has none (`eviction.ts`).
  if (isIsolated() && !mayOpen(countStreams(socketsOf(running)), max<u32>(freeConnections(), 1)))
    return Status.Full;
  copyIn(bounce, addressPointer, ADDRESS_SIZE);
  // The owner's word is the handle, which is known only now; no event can come before.
  const handle = connectStream(load64be(bounce), load64be(bounce, 8), <u16>port, socketsOf(running), 0);
  if (handle == 0) return wasDenied ? Status.Denied : Status.Full;
  const connection = changetype<Connection>(handle);
  connection.user = handle;
  return idOf(connection);
}

export function read(id: i32, appPointer: usize, length: u32): i32 {
  const connection = connectionOf(id);
  if (connection == null) return Status.Gone;
  if (connection == offered) return readOffered(appPointer, length);
  const queue = connection.receiveQueue;
  if (queue.length == 0) return connection.finReceived ? Status.End : Status.Again;
  let count: u32 = 0;
  while (count < length && queue.length > 0) {
    const part = min(queue.frontLength(), length - count);
    copyOut(appPointer + count, queue.front(), part);
    queue.consume(part);
    count += part;
  }
  updateWindow(connection);
  if (queue.length == 0 && connection.finReceived) markWork(connection);
  return <i32>count;
}

export function write(id: i32, appPointer: usize, length: u32): i32 {
  const connection = connectionOf(id);
  if (connection == null) return Status.Gone;
  return <i32>provider.writeFromApp(changetype<usize>(connection), appPointer, length);
}

export function shutdown(id: i32): void {
  const connection = connectionOf(id);
  if (connection != null) provider.shutdown(changetype<usize>(connection));
}

export function abort(id: i32): void {
  const connection = connectionOf(id);
  if (connection != null) provider.abort(changetype<usize>(connection));
}

export function remote(id: i32, appPointer: usize, length: u32): i32 {
  if (length < END_SIZE) return Status.Invalid;
  const connection = connectionOf(id);
  if (connection == null) return Status.Gone;
  provider.remote(changetype<usize>(connection), bounce);
  copyOut(appPointer, bounce, END_SIZE);
  return Status.Ok;
}

function readOffered(appPointer: usize, length: u32): i32 {
  if (offeredLength == 0) return Status.Again;
  const count = min(offeredLength, length);
  copyOut(appPointer, offeredPointer, count);
  takeOffered(count);
  return <i32>count;
}
