/**
 * The compression of SHA-1 (FIPS 180-4, 6.1.2), for PBKDF2 (`stretch.ts`).
 *
 *   hash 5 words | schedule 80 words
 */
const SCHEDULE: usize = 20;
export const SHA1_STATE_BYTES: u32 = 344; // a multiple of 8

export function compressSha1(state: usize, block: usize): void {
  const words = state + SCHEDULE;
  for (let at: usize = 0; at < 64; at += 4) store<u32>(words + at, bswap(load<u32>(block + at)));
  for (let at: usize = 64; at < 320; at += 4) {
    const place = words + at;
    store<u32>(
      place,
      rotl(load<u32>(place - 12) ^ load<u32>(place - 32) ^ load<u32>(place - 56) ^ load<u32>(place - 64), 1),
    );
  }
  let a = load<u32>(state, 0);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  for (let at: usize = 0; at < 320; at += 4) {
    let mix = b ^ c ^ d;
    let constant: u32 = 0xca62c1d6;
    if (at < 80) {
      mix = (b & c) | (~b & d);
      constant = 0x5a827999;
    } else if (at < 160) {
      constant = 0x6ed9eba1;
    } else if (at < 240) {
      mix = (b & c) | (b & d) | (c & d);
      constant = 0x8f1bbcdc;
    }
    const next = rotl(a, 5) + mix + e + constant + load<u32>(words + at);
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = next;
  }
  store<u32>(state, load<u32>(state, 0) + a, 0);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
}
