/**
 * The compression of SHA-2 (FIPS 180-4, 6.2.2 and 6.4.2): of SHA-256 in words `T` of 32 bits, of SHA-512 and SHA-384 in
 * words of 64. As Wasm it is a hundred times as fast as in the interpreter.
 *
 * Everything it touches is the caller's: the running hash, the room of one schedule and the table of constants, as
 * `src/runtime/subtle/sha256.ts` and `pbkdf2.ts` lay them out.
 *
 *   hash 8 words | schedule 64 or 80 words | constants as many
 */
export const SHA256_STATE_BYTES: u32 = (8 + 64 + 64) * 4;
export const SHA256_BLOCK_BYTES: u32 = 64;
export const SHA512_STATE_BYTES: u32 = (8 + 80 + 80) * 8;

/** Compresses whole blocks: `length` is a multiple of `SHA256_BLOCK_BYTES`. */
export function compressSha256(state: usize, bytes: usize, length: u32): void {
  for (let at: u32 = 0; at < length; at += SHA256_BLOCK_BYTES) compress<u32>(state, bytes + at);
}

export function compressSha512(state: usize, block: usize): void {
  compress<u64>(state, block);
}

function compress<T>(state: usize, block: usize): void {
  const words = state + 8 * sizeof<T>();
  const length: usize = (sizeof<T>() == 4 ? 64 : 80) * sizeof<T>();
  schedule<T>(words, length, block);
  rounds<T>(state, words, length);
}

function schedule<T>(words: usize, length: usize, block: usize): void {
  const blockBytes: usize = 16 * sizeof<T>();
  for (let at: usize = 0; at < blockBytes; at += sizeof<T>())
    store<T>(words + at, bswap(load<T>(block + at)));
  for (let at: usize = blockBytes; at < length; at += sizeof<T>()) {
    const place = words + at;
    const w15 = load<T>(place - 15 * sizeof<T>());
    const w2 = load<T>(place - 2 * sizeof<T>());
    let s0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >>> 3);
    let s1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >>> 10);
    if (sizeof<T>() == 8) {
      s0 = rotr(w15, 1) ^ rotr(w15, 8) ^ (w15 >>> 7);
      s1 = rotr(w2, 19) ^ rotr(w2, 61) ^ (w2 >>> 6);
    }
    store<T>(place, load<T>(place - blockBytes) + s0 + load<T>(place - 7 * sizeof<T>()) + s1);
  }
}

function rounds<T>(state: usize, words: usize, length: usize): void {
  let a = word<T>(state, 0);
  let b = word<T>(state, 1);
  let c = word<T>(state, 2);
  let d = word<T>(state, 3);
  let e = word<T>(state, 4);
  let f = word<T>(state, 5);
  let g = word<T>(state, 6);
  let h = word<T>(state, 7);
  const constants = words + length;
  for (let at: usize = 0; at < length; at += sizeof<T>()) {
    let s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    let s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    if (sizeof<T>() == 8) {
      s0 = rotr(a, 28) ^ rotr(a, 34) ^ rotr(a, 39);
      s1 = rotr(e, 14) ^ rotr(e, 18) ^ rotr(e, 41);
    }
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<T>(constants + at) + load<T>(words + at);
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
  add<T>(state, 0, a);
  add<T>(state, 1, b);
  add<T>(state, 2, c);
  add<T>(state, 3, d);
  add<T>(state, 4, e);
  add<T>(state, 5, f);
  add<T>(state, 6, g);
  add<T>(state, 7, h);
}

function word<T>(words: usize, index: usize): T {
  return load<T>(words + index * sizeof<T>());
}

function add<T>(words: usize, index: usize, value: T): void {
  store<T>(words + index * sizeof<T>(), word<T>(words, index) + value);
}
