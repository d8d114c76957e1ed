/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over whole 64-bit words: a keyed hash whose outputs say nothing
 * about others without the key. Feeds on words one by one: `begin`, `word`..., `end`.
 *
 * Tests: isn.test.ts, with the paper's vector.
 */
import { Flow } from "../layer";

let v0: u64 = 0;
let v1: u64 = 0;
let v2: u64 = 0;
let v3: u64 = 0;
let length: u64 = 0;

export function begin(key0: u64, key1: u64): void {
  v0 = key0 ^ 0x736f_6d65_7073_6575;
  v1 = key1 ^ 0x646f_7261_6e64_6f6d;
  v2 = key0 ^ 0x6c79_6765_6e65_7261;
  v3 = key1 ^ 0x7465_6462_7974_6573;
  length = 0;
}

export function word(value: u64): void {
  length += 8;
  absorb(value);
}

/** Closes with up to seven last bytes, in the low bytes of `tail`. */
export function end(tail: u64 = 0, tailBytes: u64 = 0): u64 {
  absorb(((length + tailBytes) << 56) | tail);
  v2 ^= 0xff;
  round();
  round();
  round();
  round();
  return v0 ^ v1 ^ v2 ^ v3;
}

/** The hash of a flow: addresses and ports. */
export function hashFlow(key0: u64, key1: u64, flow: Flow): u64 {
  begin(key0, key1);
  return finishFlow(flow);
}

/** The hash of a word and a flow. */
export function hashFlowWith(key0: u64, key1: u64, flow: Flow, first: u64): u64 {
  begin(key0, key1);
  word(first);
  return finishFlow(flow);
}

function finishFlow(flow: Flow): u64 {
  word(flow.localHigh);
  word(flow.localLow);
  word(flow.remoteHigh);
  word(flow.remoteLow);
  return end(((<u64>flow.localPort) << 16) | (<u64>flow.remotePort), 4);
}

function absorb(value: u64): void {
  v3 ^= value;
  round();
  round();
  v0 ^= value;
}

function round(): void {
  v0 += v1;
  v1 = rotl<u64>(v1, 13) ^ v0;
  v0 = rotl<u64>(v0, 32);
  v2 += v3;
  v3 = rotl<u64>(v3, 16) ^ v2;
  v0 += v3;
  v3 = rotl<u64>(v3, 21) ^ v0;
  v2 += v1;
  v1 = rotl<u64>(v1, 17) ^ v2;
  v2 = rotl<u64>(v2, 32);
}
