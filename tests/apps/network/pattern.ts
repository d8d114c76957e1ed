// Bytes that can be checked: what is sent is known by its place in the stream, what comes is summed.

const POLYNOMIAL: u32 = 0xedb8_8320;
const table = new StaticArray<u32>(256);
for (let value: u32 = 0; value < 256; value++) {
  let sum = value;
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) != 0 ? (sum >> 1) ^ POLYNOMIAL : sum >> 1;
  table[value] = sum;
}

/** CRC-32 of IEEE 802.3, of what came before as `sum` (0: nothing). */
export function crc32(sum: u32, pointer: usize, length: u32): u32 {
  const words = changetype<usize>(table);
  sum = ~sum;
  for (const end = pointer + length; pointer < end; pointer++) {
    sum = load<u32>(words + ((<usize>((sum ^ load<u8>(pointer)) & 255)) << 2)) ^ (sum >> 8);
  }
  return ~sum;
}

const STEP: u32 = 0x9e37_79b1;

/** The stream's bytes from `from`: little-endian words, each its number times a constant. */
export function fillPattern(pointer: usize, from: u64, length: u32): void {
  let at: u32 = 0;
  while (at < length && ((from + at) & 3) != 0) at = store1(pointer, from, at);
  for (; at + 4 <= length; at += 4) store<u32>(pointer + at, <u32>((from + at) >> 2) * STEP);
  while (at < length) at = store1(pointer, from, at);
}

function store1(pointer: usize, from: u64, at: u32): u32 {
  const place = from + at;
  store<u8>(pointer + at, <u8>((<u32>(place >> 2) * STEP) >> ((<u32>(place & 3)) << 3)));
  return at + 1;
}

/** "LENGTH CRC\n", both decimal. */
export function report(length: u64, sum: u32): ArrayBuffer {
  return String.UTF8.encode(`${length} ${sum}\n`);
}
