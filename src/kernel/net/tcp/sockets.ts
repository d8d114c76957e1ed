/**
 * The app as an owner of TCP streams: connections become ids, events become entries.
 *
 *   id: | generation 15 | index of the block 16 |, so an id of an earlier life is `Gone`
 *
 * While `TcpReadable` runs, the app reads straight from the frame; what it leaves then waits in the receive queue
 * and can be read at any time.
 */
import { AppEntry } from "../../../abi/entry";
import { CloseReason } from "../../../abi/status";
import { compartments, running } from "../../app/compartments";
import { enterOwner } from "../../app/enter";
import { reserve } from "../../memory/arena";
import { StreamOwner, StreamProvider } from "../../stream/stream";
import { Connection, NO_CONNECTION } from "./connection";
import { listenerIndex } from "./listener";
import { connectionAt, connectionIndex } from "./table";

const INDEX_BITS: u32 = 16;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
const GENERATION_MASK: u32 = 0x7fff;

/** What is on offer to the app during `TcpReadable`. */
export let offered: Connection = NO_CONNECTION;
export let offeredPointer: usize = 0;
export let offeredLength: u32 = 0;

/** One a compartment: whose a stream is, its owner says. */
class Sockets extends StreamOwner {
  compartment: u32 = 0;

  opened(_provider: StreamProvider, handle: usize): usize {
    const connection = changetype<Connection>(handle);
    connection.user = handle;
    enterOwner(
      this.compartment,
      AppEntry.TcpAccepted,
      <i32>listenerIndex(connection.listener),
      idOf(connection),
    );
    return handle;
  }

  connected(user: usize): void {
    enterOwner(this.compartment, AppEntry.TcpConnected, idOf(changetype<Connection>(user)));
  }

  received(user: usize, pointer: usize, length: u32): u32 {
    offered = changetype<Connection>(user);
    offeredPointer = pointer;
    offeredLength = length;
    enterOwner(this.compartment, AppEntry.TcpReadable, idOf(offered));
    offered = NO_CONNECTION;
    return length - offeredLength;
  }

  writable(user: usize): void {
    enterOwner(this.compartment, AppEntry.TcpWritable, idOf(changetype<Connection>(user)));
  }

  finished(user: usize): void {
    enterOwner(this.compartment, AppEntry.TcpFinished, idOf(changetype<Connection>(user)));
  }

  closed(user: usize, reason: CloseReason): void {
    enterOwner(this.compartment, AppEntry.TcpClosed, idOf(changetype<Connection>(user)), <i32>reason);
  }
}

let owners: usize = 0;

export function startSockets(): void {
  owners = reserve(<usize>compartments() * sizeof<usize>());
  for (let who: u32 = 0; who < compartments(); who++) {
    const sockets = new Sockets();
    sockets.compartment = who;
    store<usize>(owners + <usize>who * sizeof<usize>(), changetype<usize>(sockets));
  }
}

export function socketsOf(who: u32): StreamOwner {
  return changetype<StreamOwner>(load<usize>(owners + <usize>who * sizeof<usize>()));
}

export function idOf(connection: Connection): i32 {
  return <i32>(((connection.generation & GENERATION_MASK) << INDEX_BITS) | connectionIndex(connection));
}

/** The living connection that the caller knows by this id, or none. */
export function connectionOf(id: i32): Connection {
  const connection = id < 0 ? NO_CONNECTION : connectionAt((<u32>id) & INDEX_MASK);
  if (connection == null || !connection.attached || connection.owner != socketsOf(running))
    return NO_CONNECTION;
  return idOf(connection) == id ? connection : NO_CONNECTION;
}

/** The app has taken `count` bytes of what is on offer. */
export function takeOffered(count: u32): void {
  offeredPointer += count;
  offeredLength -= count;
}
