/** ChaCha20 (RFC 8439): the key stream over a message of 64 blocks. */
import { fillNoise } from "./shared/noise";

const BLOCK_BYTES: usize = 64;
const BLOCKS: u32 = 64;
const DOUBLE_ROUNDS: i32 = 10;

const state = heap.alloc(BLOCK_BYTES);
const working = heap.alloc(BLOCK_BYTES);
const message = heap.alloc(BLOCK_BYTES * BLOCKS);
fillNoise(state, BLOCK_BYTES, 20);
fillNoise(message, BLOCK_BYTES * BLOCKS, 8439);
/** RFC 8439, 2.3: "expand 32-byte k". */
store<u32>(state, 0x61707865);
store<u32>(state, 0x3320646e, 4);
store<u32>(state, 0x79622d32, 8);
store<u32>(state, 0x6b206574, 12);

/** Unrolled into the rounds: only functions of a class can say so in TypeScript's syntax. */
class Round {
  @inline
  static quarter(a: usize, b: usize, c: usize, d: usize): void {
    let wa = load<u32>(working + a * 4);
    let wb = load<u32>(working + b * 4);
    let wc = load<u32>(working + c * 4);
    let wd = load<u32>(working + d * 4);
    wa += wb;
    wd = rotl(wd ^ wa, 16);
    wc += wd;
    wb = rotl(wb ^ wc, 12);
    wa += wb;
    wd = rotl(wd ^ wa, 8);
    wc += wd;
    wb = rotl(wb ^ wc, 7);
    store<u32>(working + a * 4, wa);
    store<u32>(working + b * 4, wb);
    store<u32>(working + c * 4, wc);
    store<u32>(working + d * 4, wd);
  }
}

function encryptBlock(pointer: usize, counter: u32): void {
  store<u32>(state, counter, 48);
  memory.copy(working, state, BLOCK_BYTES);
  for (let round = 0; round < DOUBLE_ROUNDS; round++) {
    Round.quarter(0, 4, 8, 12);
    Round.quarter(1, 5, 9, 13);
    Round.quarter(2, 6, 10, 14);
    Round.quarter(3, 7, 11, 15);
    Round.quarter(0, 5, 10, 15);
    Round.quarter(1, 6, 11, 12);
    Round.quarter(2, 7, 8, 13);
    Round.quarter(3, 4, 9, 14);
  }
  for (let offset: usize = 0; offset < BLOCK_BYTES; offset += 4) {
    const key = load<u32>(working + offset) + load<u32>(state + offset);
    store<u32>(pointer + offset, load<u32>(pointer + offset) ^ key);
  }
}

export function run(n: i32): i64 {
  for (let round = 0; round < n; round++) {
    for (let block: u32 = 0; block < BLOCKS; block++) {
      encryptBlock(message + <usize>block * BLOCK_BYTES, <u32>round * BLOCKS + block);
    }
  }
  let total: u64 = 0;
  for (let offset: usize = 0; offset < BLOCK_BYTES * BLOCKS; offset += 8) {
    total = rotl(total, 1) ^ load<u64>(message + offset);
  }
  return total;
}
