/** CRC-32 (IEEE 802.3) with a table of 256 words, byte by byte. */
import { fillNoise } from "./shared/noise";

const POLYNOMIAL: u32 = 0xedb88320;
const FRAME_BYTES: usize = 4096;

const table = new StaticArray<u32>(256);
const frame = heap.alloc(FRAME_BYTES);
fillTable();
fillNoise(frame, FRAME_BYTES, 32);

function fillTable(): void {
  for (let byte: i32 = 0; byte < 256; byte++) {
    let value: u32 = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? POLYNOMIAL ^ (value >>> 1) : value >>> 1;
    unchecked((table[byte] = value));
  }
}

function crc32(pointer: usize, length: usize, seed: u32): u32 {
  let crc = ~seed;
  for (let index: usize = 0; index < length; index++) {
    crc = unchecked(table[(crc ^ load<u8>(pointer + index)) & 0xff]) ^ (crc >>> 8);
  }
  return ~crc;
}

export function run(n: i32): i32 {
  let crc: u32 = 0;
  for (let round = 0; round < n; round++) crc = crc32(frame, FRAME_BYTES, crc);
  return crc;
}
