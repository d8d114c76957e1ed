/** As `gateway-cable.ts`, of a guest that leaves checksums and segments to the gateway: what its headers say is not to be trusted. */
export { offloading as target } from "./gateway-cable.ts";
