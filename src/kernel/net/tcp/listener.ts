/**
 * Who listens where, and how many handshakes each has open.
 *
 * Owns: the table of listeners. A place that was closed is used again.
 */
import { StreamOwner } from "../../stream/stream";
import { BACKLOG_LIMIT, LISTENER_LIMIT } from "./limits";

const enum ListenerState {
  /** Its place is free. */
  Closed = 0,
  Open = 1,
  /** It still takes connections, for a successor of who opened it. */
  Orphan = 2,
}

@final
@unmanaged
export class Listener {
  owner: StreamOwner;
  halfOpen: u32;
  port: u16;
  /** Takes connections to any port that no other listener has, to any address. */
  any: bool;
  state: ListenerState;
}

const LISTENER_SIZE: usize = 16;
if (offsetof<Listener>() > LISTENER_SIZE) ERROR("a listener fits its place");

const listeners: usize = memory.data(1024, 8); // LISTENER_LIMIT * LISTENER_SIZE
/** Places that were ever used. */
let count: u32 = 0;
let last: u32 = 0;
/** Handshakes of all listeners that are not complete, and how many there may be. */
let handshakes: u32 = 0;
let handshakeLimit: u32 = 0;

const NO_LISTENER: Listener = changetype<Listener>(0);

/** Half of the table, whatever is small about it: a flood leaves room for those who are in earnest. */
export function startListeners(connectionLimit: u32): void {
  handshakeLimit = max<u32>(connectionLimit / 2, 1);
}

export function addListener(port: u16, any: bool, owner: StreamOwner): bool {
  if (find(port, any) != null) return false;
  let index: u32 = 0;
  while (index < count && listenerAt(index).state != ListenerState.Closed) index++;
  if (index == LISTENER_LIMIT) return false;
  const listener = listenerAt(index);
  listener.owner = owner;
  listener.port = port;
  listener.any = any;
  listener.state = ListenerState.Open;
  last = index;
  count = max(count, index + 1);
  return true;
}

/** Closes the listeners of `owner`, whose handshakes have been ended. */
export function closeListeners(owner: StreamOwner): void {
  setState(owner, ListenerState.Closed);
}

/** Keeps the listeners of `owner` open for a successor, which has to adopt each. */
export function orphanListeners(owner: StreamOwner): void {
  setState(owner, ListenerState.Orphan);
}

/** Whether an orphan of `owner` listens on this port; from now on it is none. */
export function adoptListener(port: u16, owner: StreamOwner): bool {
  const listener = find(port, false);
  if (listener == null || listener.owner != owner || listener.state != ListenerState.Orphan) return false;
  listener.state = ListenerState.Open;
  return true;
}

/** Whether this owner listens on this port. */
export function listensTo(port: u16, owner: StreamOwner): bool {
  const listener = find(port, false);
  return listener != null && listener.owner == owner && listener.state == ListenerState.Open;
}

/** The one that the last successful `addListener` made. */
export function lastListener(): u32 {
  return last;
}

/** The listener for this port: its own before one for any. */
export function listenerFor(port: u16): Listener {
  const exact = find(port, false);
  return exact != null ? exact : find(0, true);
}

function listenerAt(index: u32): Listener {
  return changetype<Listener>(listeners + <usize>index * LISTENER_SIZE);
}

export function listenerIndex(address: usize): u32 {
  return <u32>((address - listeners) / LISTENER_SIZE);
}

/** Counts one more handshake, or refuses it at the limit: then a cookie must do. */
export function rememberHandshake(listener: Listener): bool {
  if (listener.halfOpen >= BACKLOG_LIMIT || handshakes >= handshakeLimit) return false;
  countHandshake(listener);
  return true;
}

/** Counts one that is about to be complete. */
export function countHandshake(listener: Listener): void {
  listener.halfOpen++;
  handshakes++;
}

/** The handshake of `listener` is complete or has failed. */
export function forgetHandshake(listener: Listener): void {
  if (listener == null) return;
  listener.halfOpen--;
  handshakes--;
}

function find(port: u16, any: bool): Listener {
  for (let index: u32 = 0; index < count; index++) {
    const listener = listenerAt(index);
    if (listener.state == ListenerState.Closed) continue;
    if (listener.any == any && listener.port == port) return listener;
  }
  return NO_LISTENER;
}

function setState(owner: StreamOwner, state: ListenerState): void {
  for (let index: u32 = 0; index < count; index++) {
    const listener = listenerAt(index);
    if (listener.state != ListenerState.Closed && listener.owner == owner) listener.state = state;
  }
}
