/**
 * Which connections have something to do: output for the end of the turn, or a call to their owner.
 *
 * Two lists through the connections themselves, so that nothing is ever scanned.
 */
import { Connection, NO_CONNECTION } from "./connection";

let dirtyHead: usize = 0;
let workHead: usize = 0;

/** The connection may have segments to send. */
export function markDirty(connection: Connection): void {
  if (connection.dirty) return;
  connection.dirty = true;
  connection.dirtyNext = dirtyHead;
  dirtyHead = changetype<usize>(connection);
}

/** The connection has something to tell its owner, outside of any call of that owner. */
export function markWork(connection: Connection): void {
  if (connection.working) return;
  connection.working = true;
  connection.workNext = workHead;
  workHead = changetype<usize>(connection);
}

/** Takes one connection off the list of those with output. */
export function takeDirty(): Connection {
  if (dirtyHead == 0) return NO_CONNECTION;
  const connection = changetype<Connection>(dirtyHead);
  dirtyHead = connection.dirtyNext;
  connection.dirty = false;
  return connection;
}

export function takeWork(): Connection {
  if (workHead == 0) return NO_CONNECTION;
  const connection = changetype<Connection>(workHead);
  workHead = connection.workNext;
  connection.working = false;
  return connection;
}
