/**
 * What the client needs of a network: names, streams, and whether there is one. `service.ts` has the machine's; tests
 * have one that is made up.
 */
import { StreamOwner, StreamProvider } from "../../stream/stream";

export abstract class Dialer {
  /** Whether this machine has an address. */
  abstract isOnline(): bool;

  /**
   * Asks for the addresses of a host; `addressesFound` or `nameFailed` (`reach.ts`) follows, not within this call.
   * Answers a `Status` where there is nobody to ask.
   */
  abstract resolve(exchange: i32, host: usize, length: u32): i32;

  /** Asks for a stream to an address of 16 bytes: its handle, or 0, also where `wasDenied` then says why. */
  abstract connect(address: usize, port: u16, owner: StreamOwner, user: usize): usize;

  /** Whether the last `connect` gave none because this machine may not begin to talk to that end. */
  abstract wasDenied(): bool;

  abstract provider(): StreamProvider;
}

/** Set before anything else of the client is called. */
export let dialer: Dialer = changetype<Dialer>(0);

export function setDialer(to: Dialer): void {
  dialer = to;
}
