/**
 * TCP as a `StreamProvider`: what the owners of its streams may ask. Streams begin in `streams.ts`.
 *
 * A handle is the address of the connection's block. It is good until the owner's `closed`.
 */
import { CloseReason } from "../../../abi/status";
import { availableChunks, CHUNK_SIZE, chunkLimit } from "../../memory/chunk";
import { store16be, store64be } from "../../memory/bytes";
import { StreamProvider } from "../../stream/stream";
import { now } from "../../time/clock";
import { setShortTimer } from "./alarm";
import { Connection } from "./connection";
import { emitReset } from "./emission";
import { advance, end } from "./lifetime";
import { CHUNK_RESERVE, SCARCE_SEND_LIMIT, SCARCEST_SEND_LIMIT, SEND_LIMIT, STARVED_RETRY } from "./limits";
import { Event, State, writes } from "./state";
import { markDirty, markWork } from "./work";

class TcpProvider extends StreamProvider {
  space(handle: usize): u32 {
    const connection = changetype<Connection>(handle);
    if (!writes(connection.state) || connection.finQueued) return 0;
    const chunks = availableChunks();
    if (chunks <= CHUNK_RESERVE) return 0;
    const room = (chunks - CHUNK_RESERVE) * (CHUNK_SIZE - <u32>sizeof<usize>());
    const most = sendLimit(chunks);
    const held = connection.sendQueue.length;
    return held < most ? min(most - held, room) : 0;
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
    end(connection, Event.Abort, CloseReason.Aborted);
  }

  remote(handle: usize, pointer: usize): void {
    const connection = changetype<Connection>(handle);
    writeEnd(pointer, connection.remoteHigh, connection.remoteLow, connection.remotePort);
  }
}

/** What a connection may hold while so many chunks are free: the less there is, the more share it. */
function sendLimit(chunks: u32): u32 {
  const all = chunkLimit();
  if (chunks > all / 2) return SEND_LIMIT;
  return chunks > all / 4 ? SCARCE_SEND_LIMIT : SCARCEST_SEND_LIMIT;
}

export const provider: StreamProvider = new TcpProvider();

/** Writes an address, 16 bytes, and a port, 2 bytes big-endian. */
export function writeEnd(pointer: usize, high: u64, low: u64, port: u16): void {
  store64be(pointer, high);
  store64be(pointer, low, 8);
  store16be(pointer, port, 16);
}
