/**
 * All streams of the gateway, by the numbers that Node knows them by: owner of each stream, in the place an app
 * has in a guest.
 *
 * Owns: the table from numbers to handles. A number is never 0, and is given again once its stream is closed.
 */
import { CloseReason } from "../../abi/status";
import { createPool, Pool } from "../../kernel/memory/pool";
import { load16be, load64be } from "../../kernel/memory/bytes";
import { connect, listenAny, localOf } from "../../kernel/net/tcp/streams";
import { StreamOwner, StreamProvider } from "../../kernel/stream/stream";
import { isSpent, quotation, quotationLength } from "./errors";
import { accepted, closed, connected, finished, readable, writable } from "./events";

/** As many as TCP has. */
const STREAM_LIMIT: u32 = 4096;

/** `remote` and `localOf` write 16 address bytes, IPv4-mapped, and 2 port bytes. */
const LOW_AT: usize = 8;
const PORT_AT: usize = 16;
const source: usize = memory.data(18, 8);
const destination: usize = memory.data(18, 8);

@final
@unmanaged
class Entry {
  /** The pool's link while the entry is free. */
  handle: usize;
  used: u32;
}

let entries: Pool = changetype<Pool>(0);

function take(): u32 {
  const entry = entries.take();
  if (entry == 0) return 0;
  changetype<Entry>(entry).used = 1;
  return entries.indexOf(entry) + 1;
}

function give(stream: u32): void {
  const entry = entries.at(stream - 1);
  changetype<Entry>(entry).used = 0;
  entries.give(entry);
}

function entryOf(stream: u32): Entry {
  return changetype<Entry>(entries.at(stream - 1));
}

@final
class GatewayStreams extends StreamOwner {
  opened(provider: StreamProvider, handle: usize): usize {
    if (isSpent()) {
      provider.abort(handle);
      return 0;
    }
    const stream = take();
    if (stream == 0) return 0;
    entryOf(stream).handle = handle;
    provider.remote(handle, source);
    localOf(handle, destination);
    const isWanted = accepted(
      stream,
      load64be(source),
      load64be(source, LOW_AT),
      load16be(source, PORT_AT),
      load64be(destination),
      load64be(destination, LOW_AT),
      load16be(destination, PORT_AT),
      quotation(),
      quotationLength(),
    );
    if (isWanted != 0) return stream;
    give(stream);
    return 0;
  }

  connected(user: usize): void {
    connected(<u32>user);
  }

  received(user: usize, pointer: usize, length: u32): u32 {
    return readable(<u32>user, pointer, length);
  }

  writable(user: usize): void {
    writable(<u32>user);
  }

  finished(user: usize): void {
    finished(<u32>user);
  }

  closed(user: usize, reason: CloseReason): void {
    give(<u32>user);
    closed(<u32>user, <i32>reason);
  }
}

const owner = new GatewayStreams();

export function startStreams(): void {
  entries = createPool(<u32>((offsetof<Entry>() + 7) & ~7), STREAM_LIMIT);
  listenAny(owner);
}

/** Opens a stream to the guest: its number, or 0 when there can be no more. */
export function connectStream(high: u64, low: u64, port: u32): u32 {
  const stream = take();
  if (stream == 0) return 0;
  const handle = connect(high, low, <u16>port, owner, stream);
  if (handle == 0) {
    give(stream);
    return 0;
  }
  entryOf(stream).handle = handle;
  return stream;
}

export function handleOf(stream: u32): usize {
  return entryOf(stream).handle;
}
