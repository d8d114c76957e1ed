/**
 * Which transport takes which protocol number. Registered while services start, so an image's network knows only
 * the transports that are in it.
 */
import { Transport } from "../layer";

const table: usize = memory.data(1024); // 256 pointers, by protocol number

export function registerTransport(protocol: u8, transport: Transport): void {
  store<usize>(table + <usize>protocol * sizeof<usize>(), changetype<usize>(transport));
}

export function transportOf(protocol: u8): Transport | null {
  return changetype<Transport | null>(load<usize>(table + <usize>protocol * sizeof<usize>()));
}
