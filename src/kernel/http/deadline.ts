/**
 * Patience. A deadline is one word; the timer behind it is only moved when it must fire earlier, so that a busy
 * connection that promises more time after every request never touches the wheel.
 *
 * Tests: timeouts.test.ts
 */
import { now } from "../time/clock";
import { NEVER } from "../time/never";
import { arm, isArmed } from "../time/wheel";
import { Connection } from "./connection";

/** Lets patience end after `time` ns. */
export function setDeadline(connection: Connection, time: i64): void {
  const deadline = now() + time;
  connection.deadline = deadline;
  if (deadline < connection.armedFor || !isArmed(connection.timer)) armFor(connection, deadline);
}

export function clearDeadline(connection: Connection): void {
  connection.deadline = NEVER;
}

/** The timer has fired: whether patience is really over. Otherwise it is armed again. */
export function deadlinePassed(connection: Connection): bool {
  connection.armedFor = NEVER;
  if (connection.deadline <= now()) return true;
  if (connection.deadline != NEVER) armFor(connection, connection.deadline);
  return false;
}

function armFor(connection: Connection, deadline: i64): void {
  connection.armedFor = deadline;
  arm(connection.timer, deadline);
}
