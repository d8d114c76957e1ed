/**
 * The place of IPv6 in the network: taken by the `ip6` service, in images that have it. Without it nothing of IPv6 is
 * in an image, and its frames and addresses lead nowhere.
 */
import { Pieces } from "../../memory/pieces";
import { Flow } from "../layer";

export abstract class Version6 {
  /** A datagram arrived, `toGroup` by its frame. */
  abstract receive(packet: usize, length: u32, toGroup: bool): void;

  /** As those of `input.ts`, for the datagram that `receive` is about. */
  abstract refusePort(): void;
  abstract answerable(): usize;
  abstract answerableLength(): u32;

  /** As those of `Network`. */
  abstract open(flow: Flow, protocol: u8): usize;
  abstract send(length: u32): void;
  abstract sendUnsummed(length: u32, sum: u64, at: u32): void;
  abstract openLong(flow: Flow, protocol: u8): usize;
  abstract sendLong(header: u32, text: Pieces, sum: u64, at: u32, segmentSize: u32): void;
  abstract longestSegmented(): u32;
  abstract maximumPayload(): u32;
  abstract localFor(flow: Flow): bool;

  /** Asks who has the address: the station that is believed to, or all (`hardware` 0). */
  abstract solicit(high: u64, low: u64, hardware: u64): void;

  /** Whether this is the default router. */
  abstract isRouter(high: u64, low: u64): bool;

  /** This machine's first address that is not only the link's; 0 without one. */
  abstract globalHigh(): u64;
  abstract globalLow(): u64;
}

let registered = changetype<Version6>(0);

export function setVersion6(to: Version6): void {
  registered = to;
}

export function version6(): Version6 | null {
  return changetype<Version6 | null>(registered);
}

/** This machine's global IPv6 address: its halves, 0 without one. */
export function globalHigh(): u64 {
  const six = version6();
  return six == null ? 0 : six.globalHigh();
}

export function globalLow(): u64 {
  const six = version6();
  return six == null ? 0 : six.globalLow();
}
