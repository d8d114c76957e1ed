/**
 * TCP as a `StreamProvider`, and what other kernel code calls: `listen`, `listenAny`, `connect`, `localOf`.
 *
 * A handle is the address of the connection's block. It is good until the owner's `closed`.
 */
import { CloseReason } from "../../../abi/status";
import { availableChunks, CHUNK_SIZE } from "../../memory/chunk";
import { store16be, store64be } from "../../memory/bytes";
import { StreamOwner, StreamProvider } from "../../stream/stream";
import { now } from "../../time/clock";
import { Flow } from "../layer";
import { setShortTimer } from "./alarm";
import { Connection } from "./connection";
import { emitReset } from "./emission";
import { activeOpen } from "./handshake";
import { advance, end } from "./lifetime";
import { CHUNK_RESERVE, SEND_LIMIT, STARVED_RETRY } from "./limits";
import { addListener } from "./listener";
import { Event, State, writes } from "./state";
import { markDirty, markWork } from "./work";

class TcpProvider extends StreamProvider {
  space(handle: usize): u32 {
    const connection = changetype<Connection>(handle);
    if (!writes(connection.state) || connection.finQueued) return 0;
    const chunks = availableChunks();
    if (chunks <= CHUNK_RESERVE) return 0;
    const room = (chunks - CHUNK_RESERVE) * (CHUNK_SIZE - <u32>sizeof<usize>());
    return min(SEND_LIMIT - connection.sendQueue.length, room);
  }

  write(handle: usize, pointer: usize, length: u32): u32 {
    const connection = changetype<Connection>(handle);
    const count = min(length, this.space(handle));
    const taken = connection.sendQueue.append(pointer, count);
    if (taken > 0) markDirty(connection);
    if (taken < length) {
      connection.wantsWritable = true;
      // Without bytes in flight no acknowledgment will bring room: chunks were scarce.
      if (connection.sendQueue.length == 0) setShortTimer(connection, now() + STARVED_RETRY);
    }
    return taken;
  }

  resume(handle: usize): void {
    markWork(changetype<Connection>(handle));
  }

  shutdown(handle: usize): void {
    const connection = changetype<Connection>(handle);
    if (!writes(connection.state) || connection.finQueued) return;
    connection.finQueued = true;
    connection.wantsWritable = false;
    // During the handshake the FIN waits for its end (RFC 9293 3.10.4).
    if (connection.state >= State.Established) advance(connection, Event.Close);
    markDirty(connection);
  }

  abort(handle: usize): void {
    const connection = changetype<Connection>(handle);
    if (connection.state == State.Closed || connection.state == State.TimeWait) {
      // The peer has finished; only what was received still keeps it.
      connection.receiveQueue.clear();
      markWork(connection);
      return;
    }
    if (connection.state >= State.SynReceived) emitReset(connection);
    end(connection, CloseReason.Aborted);
  }

  remote(handle: usize, pointer: usize): void {
    const connection = changetype<Connection>(handle);
    writeEnd(pointer, connection.remoteHigh, connection.remoteLow, connection.remotePort);
  }
}

export const provider: StreamProvider = new TcpProvider();

/** Takes connections to `port`. False: the port or the table is taken. */
export function listen(port: u16, owner: StreamOwner): bool {
  return addListener(port, false, owner);
}

/** Takes connections to every address and port that nobody else listens to: a gateway. */
export function listenAny(owner: StreamOwner): bool {
  return addListener(0, true, owner);
}

const target: Flow = changetype<Flow>(memory.data(40, 8));

/** Asks for a connection: its handle, or 0 without a route, a port or a free block. */
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

function writeEnd(pointer: usize, high: u64, low: u64, port: u16): void {
  store64be(pointer, high);
  store64be(pointer, low, 8);
  store16be(pointer, port, 16);
}
