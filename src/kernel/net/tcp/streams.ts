/**
 * How streams begin: what other kernel code calls of TCP. What can be asked of a stream is in `provider.ts`.
 */
import { StreamOwner } from "../../stream/stream";
import { Flow } from "../layer";
import { Connection } from "./connection";
import { activeOpen, answerHeld, refuseHeld, wasDenied } from "./handshake";
import { addListener, closeListeners } from "./listener";
import { provider, writeEnd } from "./provider";
import { State } from "./state";
import { connectionAt } from "./table";

export { wasDenied };
export { adoptListener, listensTo, orphanListeners } from "./listener";

/** Takes connections to `port`. False: the port or the table is taken. */
export function listen(port: u16, owner: StreamOwner): bool {
  return addListener(port, false, owner);
}

/**
 * Takes connections to every address and port that nobody else listens to: a gateway. Its owner hears of a stream
 * before its peer is answered, and that waits for `answer` or `refuse`; `connected` follows as for streams asked for.
 * `abort` before either leaves the peer without an answer.
 */
export function listenAny(owner: StreamOwner): bool {
  return addListener(0, true, owner);
}

export function answer(handle: usize): void {
  answerHeld(changetype<Connection>(handle));
}

/** The peer sees a reset in the place of an answer; `closed` follows. */
export function refuse(handle: usize): void {
  refuseHeld(changetype<Connection>(handle));
}

/** Ends everything of an owner that is gone and is told of nothing: its streams, handshakes and listeners. */
export function dropStreams(owner: StreamOwner): void {
  for (
    let index: u32 = 0, connection = connectionAt(0);
    connection != null;
    connection = connectionAt(++index)
  ) {
    if (connection.owner != owner) continue;
    // A free block is neither attached nor in any state but Closed.
    if (connection.state == State.Closed && !connection.attached) continue;
    connection.attached = false;
    provider.abort(changetype<usize>(connection));
  }
  closeListeners(owner);
}

/** Streams of an owner, open or on their way. */
export function countStreams(owner: StreamOwner): u32 {
  let count: u32 = 0;
  for (
    let index: u32 = 0, connection = connectionAt(0);
    connection != null;
    connection = connectionAt(++index)
  ) {
    if (connection.owner == owner && (connection.state != State.Closed || connection.attached)) count++;
  }
  return count;
}

const target: Flow = changetype<Flow>(memory.data(40, 8));

/** Asks for a connection: its handle, or 0 without a grant (`wasDenied`), a route, a port or a free block. */
export function connect(
  remoteHigh: u64,
  remoteLow: u64,
  remotePort: u16,
  owner: StreamOwner,
  user: usize,
): usize {
  target.remoteHigh = remoteHigh;
  target.remoteLow = remoteLow;
  target.remotePort = remotePort;
  return changetype<usize>(activeOpen(target, owner, user));
}

/** Writes this side's address and port, as `remote` does the peer's. */
export function localOf(handle: usize, pointer: usize): void {
  const connection = changetype<Connection>(handle);
  writeEnd(pointer, connection.localHigh, connection.localLow, connection.localPort);
}
