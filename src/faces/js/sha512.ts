/**
 * The compression of SHA-512 and SHA-384 (FIPS 180-4, 6.4.2), for PBKDF2 (`stretch.ts`). Its table of constants is the
 * caller's, as with SHA-256.
 *
 *   hash 8 words | schedule 80 words | constants 80 words      of 64 bits
 */
const SCHEDULE: usize = 64;
const CONSTANTS: usize = 704;
const SCHEDULE_BYTES: usize = 640;
export const SHA512_STATE_BYTES: u32 = 1344;

export function compressSha512(state: usize, block: usize): void {
  const words = state + SCHEDULE;
  for (let at: usize = 0; at < 128; at += 8) store<u64>(words + at, bswap(load<u64>(block + at)));
  for (let at: usize = 128; at < SCHEDULE_BYTES; at += 8) {
    const place = words + at;
    const w15 = load<u64>(place - 120);
    const w2 = load<u64>(place - 16);
    const s0 = rotr(w15, 1) ^ rotr(w15, 8) ^ (w15 >>> 7);
    const s1 = rotr(w2, 19) ^ rotr(w2, 61) ^ (w2 >>> 6);
    store<u64>(place, load<u64>(place - 128) + s0 + load<u64>(place - 56) + s1);
  }
  rounds(state);
}

function rounds(state: usize): void {
  let a = load<u64>(state, 0);
  let b = load<u64>(state, 8);
  let c = load<u64>(state, 16);
  let d = load<u64>(state, 24);
  let e = load<u64>(state, 32);
  let f = load<u64>(state, 40);
  let g = load<u64>(state, 48);
  let h = load<u64>(state, 56);
  for (let at: usize = 0; at < SCHEDULE_BYTES; at += 8) {
    const s1 = rotr(e, 14) ^ rotr(e, 18) ^ rotr(e, 41);
    const t1 =
      h + s1 + ((e & f) ^ (~e & g)) + load<u64>(state + CONSTANTS + at) + load<u64>(state + SCHEDULE + at);
    const s0 = rotr(a, 28) ^ rotr(a, 34) ^ rotr(a, 39);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  add(state, a);
  add(state + 8, b);
  add(state + 16, c);
  add(state + 24, d);
  add(state + 32, e);
  add(state + 40, f);
  add(state + 48, g);
  add(state + 56, h);
}

function add(place: usize, value: u64): void {
  store<u64>(place, load<u64>(place) + value);
}
