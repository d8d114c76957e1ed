/** The bytes that `tests/apps/network` sends and sums, written anew: neither side checks itself. */

const POLYNOMIAL = 0xedb88320;
const STEP = 0x9e3779b1;

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  let sum = value;
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  return sum >>> 0;
});

/** CRC-32, of what came before as `sum`. */
export function crc32(sum: number, bytes: Uint8Array): number {
  let value = ~sum;
  for (let at = 0; at < bytes.length; at++) value = TABLE[(value ^ bytes[at]!) & 255]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** The stream's first `length` bytes. */
export function pattern(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let index = 0; index < words.length; index++) words[index] = Math.imul(index, STEP);
  return new Uint8Array(words.buffer, 0, length);
}

/** "LENGTH CRC\n": what a sink answers that has got these. */
export function reportOf(bytes: Uint8Array): string {
  return `${bytes.length} ${crc32(0, bytes)}\n`;
}
