/** Kernels and their modules as they are packed: what is not read here is left to the host's own program for it. */
import { execFileSync } from "node:child_process";
import { gunzipSync } from "node:zlib";

/** More than any kernel is. */
const MOST_BYTES = 512 * 1024 * 1024;

const outside =
  (program: string) =>
  (bytes: Uint8Array): Uint8Array =>
    execFileSync(program, ["-dc"], { input: bytes, maxBuffer: MOST_BYTES, stdio: ["pipe", "pipe", "pipe"] });

interface Packing {
  readonly magic: readonly number[];
  readonly unpack: (bytes: Uint8Array) => Uint8Array;
}

const PACKINGS: readonly Packing[] = [
  { magic: [0x1f, 0x8b], unpack: gunzipSync },
  { magic: [0xfd, 0x37, 0x7a, 0x58], unpack: outside("xz") },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: outside("zstd") },
];

/** Undefined: packed in a way that nothing here reads. */
export function unpack(bytes: Uint8Array): Uint8Array | undefined {
  const packing = PACKINGS.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  try {
    return packing?.unpack(bytes);
  } catch {
    return undefined;
  }
}
