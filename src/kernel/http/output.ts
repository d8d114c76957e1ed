/**
 * What leaves: straight to the provider while it has room, else into the connection's own queue until it has.
 *
 * The provider calls `writable` only after a write that it cut short, so every wait begins with such a write.
 */
import { Connection, Phase } from "./connection";

/** Sends bytes in order, all or nothing: false when memory is short and the connection must end. */
export function send(connection: Connection, pointer: usize, length: u32): bool {
  const unsent = connection.unsent;
  let taken: u32 = 0;
  if (unsent.length == 0) {
    taken = connection.provider.write(connection.handle, pointer, length);
    if (taken == length) return true;
  }
  return unsent.append(pointer + taken, length - taken) == length - taken;
}

/** Sends what waits: whether all of it has left. */
export function flush(connection: Connection): bool {
  const unsent = connection.unsent;
  while (unsent.length != 0) {
    const length = unsent.frontLength();
    const taken = connection.provider.write(connection.handle, unsent.front(), length);
    unsent.consume(taken);
    if (taken < length) return false;
  }
  return true;
}

/** Room for a response now: none while something waits. */
export function room(connection: Connection): u32 {
  return connection.unsent.length != 0 ? 0 : connection.provider.space(connection.handle);
}

/** Ends the connection at once; the provider's `closed` releases it. */
export function kill(connection: Connection): void {
  if (connection.phase == Phase.Dead) return;
  connection.phase = Phase.Dead;
  connection.request = 0;
  connection.unsent.clear();
  connection.provider.abort(connection.handle);
}
