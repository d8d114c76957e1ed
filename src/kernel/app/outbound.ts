/**
 * How much of the network one compartment may have, where there are many.
 *
 *   isolation.outbound=8   of connections, sockets and questions, so many of each at a time
 */
import { findNumber } from "../configuration";

let limit: u32 = u32.MAX_VALUE;

export function startOutbound(otherwise: u32): void {
  limit = findNumber("isolation.outbound", otherwise);
}

/** Whether one that has so many may have one more. */
export function mayOpen(has: u32): bool {
  return has < limit;
}
