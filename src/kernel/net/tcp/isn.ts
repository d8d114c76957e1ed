/**
 * Initial sequence numbers (RFC 6528): a clock of 4 us ticks plus a keyed hash of the flow. One flow's numbers
 * grow, so that a new life is not taken for an old one; another flow's say nothing about it.
 *
 * Owns:  the key, drawn at start.
 * Tests: isn.test.ts
 */
import { Flow } from "../layer";
import { randomU64 } from "../../entropy/random";
import { hashFlow } from "./siphash";

const TICK: i64 = 4_000; // ns, RFC 6528 3

let key0: u64 = 0;
let key1: u64 = 0;

export function startIsn(): void {
  key0 = randomU64();
  key1 = randomU64();
}

export function initialSequence(flow: Flow, now: i64): u32 {
  return <u32>(now / TICK) + <u32>hashFlow(key0, key1, flow);
}
