/**
 * How much of the network one compartment may have, where there are many.
 *
 *   isolation.outbound=8   of connections, sockets and questions, so many of each at a time
 *
 * And of each table no more than it leaves to others: one alone can have half of it, two a third each, and who has nothing
 * yet finds a place for as long as there is one.
 */
import { findNumber } from "../configuration";
import { isIsolated } from "./compartments";

let limit: u32 = u32.MAX_VALUE;

export function startOutbound(otherwise: u32): void {
  limit = findNumber("isolation.outbound", otherwise);
}

/** Whether one that has so many places of a table may have one more, while so many are free. */
export function mayOpen(has: u32, free: u32): bool {
  return has < limit && mayTake(has, free);
}

/** As `mayOpen`, of what no setting counts. */
export function mayTake(has: u32, free: u32): bool {
  return !isIsolated() || has < free;
}
