/** Copies of many sizes: short ones byte by byte and in words, long ones through `memory.copy` and `memory.fill`. */
import { fillNoise, nextNoise, seedNoise } from "./shared/noise";

const BUFFER_BYTES: usize = 16384;
const COPIES: u32 = 64;

const source = heap.alloc(BUFFER_BYTES);
const target = heap.alloc(BUFFER_BYTES);
fillNoise(source, BUFFER_BYTES, 4);

function copyBytes(to: usize, from: usize, length: usize): void {
  for (let offset: usize = 0; offset < length; offset++) store<u8>(to + offset, load<u8>(from + offset));
}

function copyWords(to: usize, from: usize, length: usize): void {
  while (length >= 8) {
    store<u64>(to, load<u64>(from));
    to += 8;
    from += 8;
    length -= 8;
  }
  copyBytes(to, from, length);
}

export function run(n: i32): i64 {
  let total: u64 = 0;
  for (let round = 0; round < n; round++) {
    seedNoise(<u32>round);
    for (let copy: u32 = 0; copy < COPIES; copy++) {
      const noise = nextNoise();
      const from = source + (noise & 4095);
      const to = target + ((noise >>> 12) & 4095);
      const length = <usize>(noise >>> 24) + 1;
      switch (copy & 3) {
        case 0:
          copyBytes(to, from, length & 63);
          break;
        case 1:
          copyWords(to, from, length);
          break;
        case 2:
          memory.copy(to, from, length * 16);
          break;
        default:
          memory.fill(to, <u8>noise, length);
      }
      total = rotl(total, 5) + load<u64>(to + (length >> 1));
    }
  }
  return total;
}
