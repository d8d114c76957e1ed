/**
 * Which compartment a request goes to. Without a dispatcher there is one.
 */
import { stateOf } from "../app/compartments";
import { Connection, Phase } from "./connection";

export abstract class Dispatcher {
  /** Whether a request can be given to somebody now; until then it waits with its stream. */
  abstract isReady(): bool;
  /** The compartment for the request whose head stands in `connection`, or a `Verdict` below zero that refuses it. */
  abstract choose(connection: Connection): i32;
  /** Its app has answered a request as one that it serves. */
  abstract answered(who: u32): void;
  /** A compartment has one request less. */
  abstract ended(who: u32): void;
}

const FIRST_ERROR: i32 = 400;
const NONE: Dispatcher = changetype<Dispatcher>(0);

let dispatcher: Dispatcher = NONE;
/** Whether a request waits for a compartment. */
let waiting: bool = false;

export function setDispatcher(one: Dispatcher): void {
  dispatcher = one;
}

export function canDispatch(): bool {
  if (dispatcher == NONE || dispatcher.isReady()) return true;
  waiting = true;
  return false;
}

/** Whether anybody waited since this was last asked. */
export function takeWaiting(): bool {
  const waited = waiting;
  waiting = false;
  return waited;
}

/** Whether requests wait for a compartment at this moment. */
export function isCrowded(): bool {
  return waiting;
}

export function dispatch(connection: Connection): i32 {
  return dispatcher == NONE ? 0 : dispatcher.choose(connection);
}

/** The app has the request from here on. */
export function beginRequest(connection: Connection, who: u32): void {
  connection.compartment = who;
  stateOf(who).open++;
}

/** The app's answer begins. */
export function noteAnswer(connection: Connection, status: i32): void {
  if (dispatcher != NONE && status < FIRST_ERROR) dispatcher.answered(connection.compartment);
}

/** The app's id is finished. */
export function endRequest(connection: Connection): void {
  if (connection.request == 0) return;
  connection.request = 0;
  endHold(connection.compartment);
}

/** A request of a compartment, or what became of one, is over. */
export function endHold(who: u32): void {
  stateOf(who).open--;
  if (dispatcher != NONE) dispatcher.ended(who);
}

/** Ends the connection at once, and its request with it; the provider's `closed` releases it. */
export function kill(connection: Connection): void {
  if (connection.phase == Phase.Dead) return;
  endRequest(connection);
  connection.phase = Phase.Dead;
  connection.unsent.clear();
  connection.provider.abort(connection.handle);
}
