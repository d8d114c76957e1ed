/**
 * The `dhcp` service: stands ready to find this machine an address when its configuration has none.
 */
import { setAddressSource } from "../ip/address";
import { startClient } from "./client";

export function start(): void {
  setAddressSource(startClient());
}
