/** The Internet checksum (RFC 1071) of 1,480-byte packets: 16-bit loads, big-endian, carries folded at the end. */
import { mix } from "./shared/checksum";
import { fillNoise } from "./shared/noise";

const PACKET_BYTES: usize = 1480;
const PACKETS: usize = 16;

const packets = heap.alloc(PACKET_BYTES * PACKETS);
fillNoise(packets, PACKET_BYTES * PACKETS, 1071);

function checksum(pointer: usize, length: usize): u16 {
  let sum: u32 = 0;
  const end = pointer + (length & ~1);
  for (; pointer < end; pointer += 2) {
    sum += <u32>bswap<u16>(load<u16>(pointer));
  }
  if (length & 1) sum += (<u32>load<u8>(pointer)) << 8;
  while (sum >>> 16) sum = (sum & 0xffff) + (sum >>> 16);
  return <u16>~sum;
}

export function run(n: i32): i32 {
  let total: i32 = 0;
  for (let round = 0; round < n; round++) {
    const packet = packets + (<usize>round % PACKETS) * PACKET_BYTES;
    total = mix(total, checksum(packet, PACKET_BYTES - ((<usize>round) & 7)));
  }
  return total;
}
