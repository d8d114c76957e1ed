/**
 * SHA-256 whose blocks the face compresses (`src/faces/js/sha2.ts`): the package's class, but for the one function
 * that costs. Shared by crypto.subtle and node:crypto.
 */
import { _SHA256 } from "@noble/hashes/sha2.js";
import { createHasher } from "@noble/hashes/utils.js";

/** (running hash, schedule and constants; whole blocks) */
export type Compress = (state: Uint8Array, blocks: Uint8Array) => void;

const BLOCK_BYTES = 64;
const HASH_WORDS = 8;
const ROUNDS = 64;

/** The first 32 bits behind the point of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
export function sha256Constants(): number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < ROUNDS; number++)
    if (!primes.some((prime) => number % prime === 0)) primes.push(number);
  return primes.map((prime) => Math.floor((Math.cbrt(prime) % 1) * 2 ** 32));
}

export function sha256By(compress: Compress) {
  let words: Uint32Array | undefined;

  class Sha256 extends _SHA256 {
    protected override process(view: DataView, offset: number): void {
      if (words === undefined) {
        words = new Uint32Array(HASH_WORDS + 2 * ROUNDS);
        words.set(sha256Constants(), HASH_WORDS + ROUNDS);
      }
      words.set(this.get());
      const block = new Uint8Array(view.buffer, view.byteOffset + offset, BLOCK_BYTES);
      compress(new Uint8Array(words.buffer), block);
      this.set(...(words.subarray(0, HASH_WORDS) as unknown as Parameters<typeof this.set>));
    }

    protected override roundClean(): void {
      words?.fill(0, 0, HASH_WORDS + ROUNDS);
    }
  }
  return createHasher(() => new Sha256() as _SHA256);
}
