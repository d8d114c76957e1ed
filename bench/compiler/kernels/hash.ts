/** Hashes of short keys and of a page: FNV-1a (64 bits, byte by byte) and xxHash64's four lanes. */
import { fillNoise } from "./shared/noise";

const FNV_OFFSET: u64 = 0xcbf29ce484222325;
const FNV_PRIME: u64 = 0x00000100000001b3;
const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63;
const PRIME_5: u64 = 0x27d4eb2f165667c5;
const PAGE_BYTES: usize = 4096;
const KEY_BYTES: usize = 24;

const page = heap.alloc(PAGE_BYTES);
fillNoise(page, PAGE_BYTES, 64);

function fnv1a(pointer: usize, length: usize): u64 {
  let hash = FNV_OFFSET;
  for (const end = pointer + length; pointer < end; pointer++) {
    hash = (hash ^ (<u64>load<u8>(pointer))) * FNV_PRIME;
  }
  return hash;
}

function mixLane(lane: u64, input: u64): u64 {
  return rotl(lane + input * PRIME_2, 31) * PRIME_1;
}

function mergeLane(hash: u64, lane: u64): u64 {
  return (hash ^ mixLane(0, lane)) * PRIME_1 + PRIME_4;
}

function xxHash64(pointer: usize, length: usize, seed: u64): u64 {
  const end = pointer + length;
  let hash = seed + PRIME_5;
  if (length >= 32) {
    let a = seed + PRIME_1 + PRIME_2;
    let b = seed + PRIME_2;
    let c = seed;
    let d = seed - PRIME_1;
    for (; pointer + 32 <= end; pointer += 32) {
      a = mixLane(a, load<u64>(pointer));
      b = mixLane(b, load<u64>(pointer, 8));
      c = mixLane(c, load<u64>(pointer, 16));
      d = mixLane(d, load<u64>(pointer, 24));
    }
    hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
    hash = mergeLane(mergeLane(mergeLane(mergeLane(hash, a), b), c), d);
  }
  hash += <u64>length;
  for (; pointer + 8 <= end; pointer += 8) {
    hash = rotl(hash ^ mixLane(0, load<u64>(pointer)), 27) * PRIME_1 + PRIME_4;
  }
  for (; pointer < end; pointer++) hash = rotl(hash ^ (<u64>load<u8>(pointer) * PRIME_5), 11) * PRIME_1;
  hash = (hash ^ (hash >>> 33)) * PRIME_2;
  hash = (hash ^ (hash >>> 29)) * PRIME_3;
  return hash ^ (hash >>> 32);
}

export function run(n: i32): i64 {
  let total: u64 = 0;
  for (let round = 0; round < n; round++) {
    for (let key: usize = 0; key < 32; key++) {
      total ^= fnv1a(page + key * KEY_BYTES, KEY_BYTES - (key & 3));
      total += xxHash64(page + key * KEY_BYTES, KEY_BYTES - (key & 3), total);
    }
    total = rotl(total, 9) ^ xxHash64(page, PAGE_BYTES, total);
  }
  return total;
}
