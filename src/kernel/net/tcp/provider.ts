/**
 * TCP as a `StreamProvider`: what the owners of its streams may ask. Streams begin in `streams.ts`.
 *
 * A handle is the address of the connection's block. It is good until the owner's `closed`.
 */
import { CloseReason } from "../../../abi/status";
import { copyIn } from "../../cpu/compartment";
import { availableChunks, CHUNK_SIZE } from "../../memory/chunk";
import { store16be, store64be } from "../../memory/bytes";
import { StreamOwner, StreamProvider } from "../../stream/stream";
import { now } from "../../time/clock";
import { setShortTimer } from "./alarm";
import { Connection } from "./connection";
import { emitReset } from "./emission";
import { advance, end } from "./lifetime";
import { CHUNK_RESERVE, STARVED_RETRY } from "./limits";
import { sendLimit } from "./send-limit";
import { Event, State, writes } from "./state";
import { markDirty, markWork } from "./work";

class TcpProvider extends StreamProvider {
  space(handle: usize): u32 {
    const connection = changetype<Connection>(handle);
    if (!writes(connection.state) || connection.finQueued) return 0;
    const chunks = availableChunks();
    if (chunks <= CHUNK_RESERVE) return 0;
    const room = (chunks - CHUNK_RESERVE) * CHUNK_SIZE;
    const most = sendLimit(connection, chunks);
    const held = connection.sendQueue.length;
    return held < most ? min(most - held, room) : 0;
  }

  write(handle: usize, pointer: usize, length: u32): u32 {
    const connection = changetype<Connection>(handle);
    const taken = connection.sendQueue.append(pointer, min(length, this.space(handle)));
    queued(connection, taken, length);
    return taken;
  }

  writeFromApp(handle: usize, appPointer: usize, length: u32): u32 {
    const connection = changetype<Connection>(handle);
    const queue = connection.sendQueue;
    const count = min(length, this.space(handle));
    let taken: u32 = 0;
    // Chunks that follow each other are written at once: where they start, and how many bytes of them there are.
    let start: usize = 0;
    let run: u32 = 0;
    while (taken < count) {
      const part = min(count - taken, queue.room());
      if (part == 0) break;
      if (queue.back() != start + run) {
        if (run != 0) copyIn(start, appPointer + taken - run, run);
        start = queue.back();
        run = 0;
      }
      queue.appended(part);
      run += part;
      taken += part;
    }
    if (run != 0) copyIn(start, appPointer + taken - run, run);
    queued(connection, taken, length);
    return taken;
  }

  place(handle: usize, length: u32): usize {
    if (length > CHUNK_SIZE || length > this.space(handle)) return 0;
    const queue = changetype<Connection>(handle).sendQueue;
    return queue.room() < length ? 0 : queue.back();
  }

  placed(handle: usize, length: u32): void {
    const connection = changetype<Connection>(handle);
    connection.sendQueue.appended(length);
    markDirty(connection);
  }

  outstanding(handle: usize): u32 {
    return changetype<Connection>(handle).sendQueue.length;
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

  hand(handle: usize, owner: StreamOwner, user: usize): void {
    const connection = changetype<Connection>(handle);
    connection.owner = owner;
    connection.user = user;
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

/** Of `wanted` bytes, so many are in the send queue. */
function queued(connection: Connection, taken: u32, wanted: u32): void {
  if (taken > 0) markDirty(connection);
  // Who has ended takes nothing more, and nothing may be armed for it: its block is another's soon.
  if (taken == wanted || !writes(connection.state)) return;
  connection.wantsWritable = true;
  // Without bytes in flight no acknowledgment will bring room: chunks were scarce.
  if (connection.sendQueue.length == 0) setShortTimer(connection, now() + STARVED_RETRY);
}

export const provider: StreamProvider = new TcpProvider();

/** Writes an address, 16 bytes, and a port, 2 bytes big-endian. */
export function writeEnd(pointer: usize, high: u64, low: u64, port: u16): void {
  store64be(pointer, high);
  store64be(pointer, low, 8);
  store16be(pointer, port, 16);
}
