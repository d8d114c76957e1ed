/**
 * How long a peer may keep its connection waiting, for bytes of a request that it owes or of a response that it does
 * not take: one budget of time for both.
 *
 * It is `PATIENCE` at most. Waiting uses it up, and each byte that comes, or that the peer acknowledges, gives
 * 1 / `PEER_RATE` of a second back. So a pause of half a minute is forgiven, and who moves less than that rate on the
 * whole is let go. Were the time to begin anew with each byte, a byte each half a minute from 4096 peers would hold all
 * places for ever.
 *
 * While nobody waits for the peer nothing is used up: an app may take its time, or have nothing to say for hours.
 *
 * Tests: timeouts.test.ts
 */
import { now, SECOND } from "../time/clock";
import { NEVER } from "../time/never";
import { Connection } from "./connection";
import { setDeadline } from "./deadline";
import { PATIENCE, PEER_RATE } from "./limits";

const TIME_OF_BYTE: i64 = SECOND / PEER_RATE;

/** `bytes` of a request have come, or of a response were acknowledged. */
export function earn(connection: Connection, bytes: u32): void {
  connection.patience = min(connection.patience + <i64>bytes * TIME_OF_BYTE, PATIENCE);
}

/** We wait for the peer from now on, or still do. */
export function awaitPeer(connection: Connection): void {
  if (isAwaited(connection)) settle(connection);
  else begin(connection);
  setDeadline(connection, connection.patience);
}

/** We do not wait for the peer. */
export function endWait(connection: Connection): void {
  if (!isAwaited(connection)) return;
  settle(connection);
  connection.awaitedSince = NEVER;
}

/** Takes the time that has passed off, and puts on what the peer has acknowledged in it. */
export function settle(connection: Connection): void {
  if (!isAwaited(connection)) return;
  connection.patience -= now() - connection.awaitedSince;
  const before = connection.owedBefore;
  begin(connection);
  if (connection.owedBefore < before) earn(connection, before - connection.owedBefore);
}

/** The deadline has passed: whether the peer has earned another one meanwhile. */
export function stillPatient(connection: Connection): bool {
  settle(connection);
  if (!isAwaited(connection) || connection.patience <= 0) return false;
  setDeadline(connection, connection.patience);
  return true;
}

function isAwaited(connection: Connection): bool {
  return connection.awaitedSince != NEVER;
}

function begin(connection: Connection): void {
  connection.awaitedSince = now();
  connection.owedBefore = connection.provider.outstanding(connection.handle);
}
