/**
 * The way out of HTTP for an exchange: its request asks for another protocol, and a 101 (RFC 9110 section 15.2.2) gives
 * the stream to that. An image has one such protocol or none; whoever implements it sets it at start.
 */
import { Exchange } from "./exchange";

/** In place of a body's size: this request asks for the other protocol. */
export const SWITCHES: i64 = -2;

export abstract class Switching {
  /** Writes the fields that ask, and draws what the server has to prove by: the address after them. */
  abstract emitFields(exchange: Exchange, end: usize): usize;

  /** How many streams of the protocol a compartment has. */
  abstract count(who: u32): u32;

  /** Whether the head of a 101, which is in the exchange's buffer, is what was asked for. */
  abstract accepts(exchange: Exchange): bool;
}

let switching: Switching | null = null;

export function setSwitching(to: Switching): void {
  switching = to;
}

export function canSwitch(): bool {
  return switching != null;
}

/** Streams that exchanges of a compartment have become. */
export function countSwitched(who: u32): u32 {
  return switching == null ? 0 : switching!.count(who);
}

/** Of an exchange that `switches`. */
export function switchingProtocol(): Switching {
  return switching!;
}
