/**
 * The "legacy frame" of LZ4 (lz4_Frame_format.md), in which Debian's kernel lies in its boot file: a magic number,
 * then blocks, each after its length. A block is literals and copies from what was written (lz4_Block_format.md).
 */
export const LZ4_LEGACY_MAGIC = 0x184c2102;

const SHORT_LIMIT = 15;
const MINIMUM_MATCH = 4;

/** What `bytes`, which begin with the magic number, hold; `sizeBytes` as the file tells it. */
export function unpackLz4(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const output = new Uint8Array(sizeBytes);
  let written = 0;
  let at = 4;
  while (at + 4 <= bytes.length && written < sizeBytes) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) throw new Error("the packed kernel ends early");
    written = unpackBlock(bytes.subarray(at + 4, end), output, written);
    at = end;
  }
  if (written !== sizeBytes) throw new Error(`the kernel unpacks to ${written} bytes, expected ${sizeBytes}`);
  return output;
}

/** Where writing ended. A match reaches back within its own block only. */
function unpackBlock(block: Uint8Array, output: Uint8Array, from: number): number {
  let written = from;
  let at = 0;
  const length = (short: number): number => {
    if (short < SHORT_LIMIT) return short;
    let sum = short;
    for (let more = 255; more === 255; sum += more) more = block[at++] ?? 0;
    return sum;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = length(token >> 4);
    output.set(block.subarray(at, at + literals), written);
    at += literals;
    written += literals;
    if (at >= block.length) break; // The last sequence has literals alone.
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const end = written + length(token & SHORT_LIMIT) + MINIMUM_MATCH;
    if (distance === 0 || written - distance < from) throw new Error("the packed kernel is damaged");
    // Byte by byte: what is copied may be what this copy writes.
    for (; written < end; written++) output[written] = output[written - distance]!;
  }
  return written;
}
