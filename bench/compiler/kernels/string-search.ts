/** Searches in 16 KiB of words: Boyer-Moore-Horspool for needles of several lengths, and a count of lines. */
import { mix } from "./shared/checksum";
import { nextNoise, seedNoise } from "./shared/noise";

const TEXT_BYTES: usize = 16384;
const NEEDLES: usize = 6;
const NEWLINE: u8 = 0x0a;

const text = heap.alloc(TEXT_BYTES);
const skips = new StaticArray<u8>(256);
writeText();

/** Words of one to eight letters out of twelve, in lines of about ten. */
function writeText(): void {
  seedNoise(99);
  let left: u32 = 5;
  for (let offset: usize = 0; offset < TEXT_BYTES; offset++) {
    if (left == 0) {
      left = 1 + ((nextNoise() >>> 7) % 8);
      store<u8>(text + offset, (nextNoise() >>> 9) % 10 ? 0x20 : NEWLINE);
    } else {
      left--;
      store<u8>(text + offset, <u8>(0x61 + ((nextNoise() >>> 10) % 12)));
    }
  }
}

function prepare(needle: usize, length: usize): void {
  memory.fill(changetype<usize>(skips), <u8>length, 256);
  for (let index: usize = 0; index < length - 1; index++) {
    unchecked((skips[load<u8>(needle + index)] = <u8>(length - 1 - index)));
  }
}

function countMatches(needle: usize, length: usize): i32 {
  prepare(needle, length);
  let count = 0;
  const last = length - 1;
  let at = text;
  const end = text + TEXT_BYTES - length;
  while (at <= end) {
    const tail = load<u8>(at + last);
    if (tail == load<u8>(needle + last)) {
      let index: usize = 0;
      while (index < last && load<u8>(at + index) == load<u8>(needle + index)) index++;
      if (index == last) count++;
    }
    at += <usize>unchecked(skips[tail]);
  }
  return count;
}

function countLines(): i32 {
  let count = 0;
  for (let at = text; at < text + TEXT_BYTES; at++) {
    if (load<u8>(at) == NEWLINE) count++;
  }
  return count;
}

export function run(n: i32): i32 {
  let total = 0;
  for (let round = 0; round < n; round++) {
    for (let needle: usize = 0; needle < NEEDLES; needle++) {
      const length = 2 + needle * 2;
      total = total * 3 + countMatches(text + ((<usize>round * 131 + needle * 997) & 8191), length);
    }
    total = mix(total, countLines());
  }
  return total;
}
