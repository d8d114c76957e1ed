/**
 * TCP's part of a turn: the calls that owners are due, then, at its end, all output.
 */
import { Connection } from "./connection";
import { offer, tellFinished } from "./delivery";
import { release } from "./lifetime";
import { transmit } from "./output";
import { State } from "./state";
import { markDirty, takeDirty, takeWork } from "./work";

/** Tells owners what could not be told where it happened. True: there was something. */
export function poll(): bool {
  let connection = takeWork();
  const worked = connection != null;
  // Bounded: only a call of an owner puts a connection back, and owners do so only after progress.
  while (connection != null) {
    tellOwner(connection);
    connection = takeWork();
  }
  return worked;
}

/** Sends what the turn has to send. */
export function flush(): void {
  let blocked: usize = 0;
  for (;;) {
    const connection = takeDirty();
    if (connection == null) break;
    if (connection.state == State.Closed) {
      releaseIfDone(connection);
      continue;
    }
    if (transmit(connection)) continue;
    connection.dirtyNext = blocked;
    blocked = changetype<usize>(connection);
  }
  // The network was full: these stay for the next turn.
  while (blocked != 0) {
    const connection = changetype<Connection>(blocked);
    blocked = connection.dirtyNext;
    markDirty(connection);
  }
}

function tellOwner(connection: Connection): void {
  if (connection.attached) {
    if (connection.receiveQueue.length > 0) offer(connection);
    tellFinished(connection);
    const over = connection.state == State.Closed || connection.state == State.TimeWait;
    // What came before a clean end is still the owner's to take: `resume` brings us back here.
    if (over && connection.receiveQueue.length == 0) {
      connection.attached = false;
      connection.owner.closed(connection.user, connection.reason);
    }
  }
  if (connection.state == State.Closed) releaseIfDone(connection);
}

function releaseIfDone(connection: Connection): void {
  if (connection.attached || connection.dirty || connection.working) return;
  release(connection);
}
