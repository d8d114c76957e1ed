/**
 * The ChaCha20 block function (RFC 8439 section 2.3).
 *
 * Tests: random.test.ts (the RFC's test vector)
 */
export const BLOCK_SIZE: u32 = 64;
export const KEY_SIZE: u32 = 32;

/** The 16 words of the state while it is worked on. */
const state = memory.data(64, 16);

/** Writes the 64-byte key stream block `counter` for the 32-byte key and 12-byte nonce at their addresses. */
export function block(target: usize, key: usize, counter: u32, nonce: usize): void {
  fillState(key, counter, nonce);
  memory.copy(target, state, 64);
  for (let round = 0; round < 10; round++) {
    quarterRound(0, 16, 32, 48);
    quarterRound(4, 20, 36, 52);
    quarterRound(8, 24, 40, 56);
    quarterRound(12, 28, 44, 60);
    quarterRound(0, 20, 40, 60);
    quarterRound(4, 24, 44, 48);
    quarterRound(8, 28, 32, 52);
    quarterRound(12, 16, 36, 56);
  }
  for (let at: usize = 0; at < 64; at += 4) {
    store<u32>(target + at, load<u32>(target + at) + load<u32>(state + at));
  }
  memory.fill(state, 0, 64);
}

function fillState(key: usize, counter: u32, nonce: usize): void {
  // "expand 32-byte k"
  store<u32>(state, 0x61707865);
  store<u32>(state + 4, 0x3320646e);
  store<u32>(state + 8, 0x79622d32);
  store<u32>(state + 12, 0x6b206574);
  memory.copy(state + 16, key, 32);
  store<u32>(state + 48, counter);
  memory.copy(state + 52, nonce, 12);
}

/** Section 2.1; the arguments are byte offsets of state words. */
function quarterRound(aAt: usize, bAt: usize, cAt: usize, dAt: usize): void {
  let a = load<u32>(state + aAt);
  let b = load<u32>(state + bAt);
  let c = load<u32>(state + cAt);
  let d = load<u32>(state + dAt);
  a += b;
  d = rotl<u32>(d ^ a, 16);
  c += d;
  b = rotl<u32>(b ^ c, 12);
  a += b;
  d = rotl<u32>(d ^ a, 8);
  c += d;
  b = rotl<u32>(b ^ c, 7);
  store<u32>(state + aAt, a);
  store<u32>(state + bAt, b);
  store<u32>(state + cAt, c);
  store<u32>(state + dAt, d);
}
