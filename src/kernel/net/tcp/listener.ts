/**
 * Who listens where, and how many handshakes each has open.
 *
 * Owns: the table of listeners, which only grows.
 */
import { StreamOwner } from "../../stream/stream";
import { Connection } from "./connection";
import { BACKLOG_LIMIT, LISTENER_LIMIT } from "./limits";

@final
@unmanaged
export class Listener {
  owner: StreamOwner;
  halfOpen: u32;
  port: u16;
  /** Takes connections to any port that no other listener has, to any address. */
  any: bool;
}

const LISTENER_SIZE: usize = 12;
if (offsetof<Listener>() > LISTENER_SIZE) ERROR("a listener fits its place");

const listeners: usize = memory.data(768, 8); // LISTENER_LIMIT * LISTENER_SIZE
let count: u32 = 0;

const NO_LISTENER: Listener = changetype<Listener>(0);

export function addListener(port: u16, any: bool, owner: StreamOwner): bool {
  if (count == LISTENER_LIMIT || find(port, any) != null) return false;
  const listener = listenerAt(count);
  listener.owner = owner;
  listener.port = port;
  listener.any = any;
  count++;
  return true;
}

/** The one that the last successful `addListener` made. */
export function lastListener(): u32 {
  return count - 1;
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

/** Counts one more handshake, or refuses it at the limit: SYN cookies (RFC 4987 3.6) have their place here. */
export function rememberHandshake(listener: Listener): bool {
  if (listener.halfOpen == BACKLOG_LIMIT) return false;
  listener.halfOpen++;
  return true;
}

/** The handshake is complete or has failed. */
export function forgetHandshake(connection: Connection): void {
  if (connection.listener != 0) changetype<Listener>(connection.listener).halfOpen--;
}

function find(port: u16, any: bool): Listener {
  for (let index: u32 = 0; index < count; index++) {
    const listener = listenerAt(index);
    if (listener.any == any && listener.port == port) return listener;
  }
  return NO_LISTENER;
}
