/**
 * What leaves: straight to the provider while it has room, else into the wire's own queue until it has.
 *
 * The provider calls `writable` only after a write that it cut short, so every wait begins with such a write.
 */
import { copyIn } from "../cpu/compartment";
import { CRLF, storeText } from "./characters";
import { SMALLEST_CHUNK } from "./limits";
import { emitHexadecimal } from "./numbers";
import { scratch, SCRATCH_SIZE } from "./scratch";
import { Wire } from "./wire";

/** The longest chunk line: eight digits, CR LF; after the content, CR LF again. */
const CHUNK_FRAME_SIZE: u32 = 12;

/** Sends bytes in order, all or nothing: false when memory is short and the stream must end. */
export function send(wire: Wire, pointer: usize, length: u32): bool {
  const unsent = wire.unsent;
  let taken: u32 = 0;
  if (unsent.length == 0) {
    taken = wire.provider.write(wire.handle, pointer, length);
    if (taken == length) return true;
  }
  return unsent.append(pointer + taken, length - taken) == length - taken;
}

/** Where a message of at most `length` bytes is made: where it is sent from, if it can be, else in `scratch`. */
export function placeFor(wire: Wire, length: u32): usize {
  if (wire.unsent.length != 0) return scratch;
  const place = wire.provider.place(wire.handle, length);
  return place == 0 ? scratch : place;
}

/** As `send`, of what was made where `placeFor` said. */
export function sendPlaced(wire: Wire, place: usize, length: u32): bool {
  if (place == scratch) return send(wire, scratch, length);
  wire.provider.placed(wire.handle, length);
  return true;
}

/** Sends what waits: whether all of it has left. */
export function flush(wire: Wire): bool {
  const unsent = wire.unsent;
  while (unsent.length != 0) {
    const length = unsent.frontLength();
    const taken = wire.provider.write(wire.handle, unsent.front(), length);
    unsent.consume(taken);
    if (taken < length) return false;
  }
  return true;
}

/** Room for a response now: none while something waits. */
export function room(wire: Wire): u32 {
  return wire.unsent.length != 0 ? 0 : wire.provider.space(wire.handle);
}

/** Sends what fits of the app's bytes: how many were taken. */
export function sendPlain(wire: Wire, bytes: usize, length: u32): u32 {
  return wire.unsent.length == 0 ? wire.provider.writeFromApp(wire.handle, bytes, length) : 0;
}

/**
 * As `sendPlain`, in chunks: one is cut to the stream's room, and what its frame needs beyond waits with us. -1 when
 * memory is short and the stream must end.
 */
export function sendChunks(wire: Wire, bytes: usize, length: u32): i32 {
  let total: u32 = 0;
  while (total < length && wire.unsent.length == 0) {
    const fitting = max(room(wire), SMALLEST_CHUNK);
    const part = min(min(length - total, fitting), SCRATCH_SIZE - CHUNK_FRAME_SIZE);
    const content = storeText(emitHexadecimal(scratch, part), "\r\n");
    copyIn(content, bytes + total, part);
    store<u16>(content + part, CRLF);
    if (!send(wire, scratch, <u32>(content - scratch) + part + 2)) return -1;
    total += part;
  }
  return <i32>total;
}

/** The end of a body in chunks. */
export function sendLastChunk(wire: Wire): bool {
  const last = storeText(scratch, "0\r\n\r\n");
  return send(wire, scratch, <u32>(last - scratch));
}
