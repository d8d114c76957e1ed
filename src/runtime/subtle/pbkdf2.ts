/**
 * PBKDF2 (RFC 8018, 5.2) whose rounds the face goes through (`src/faces/js/stretch.ts`): keys and first hashes are the
 * package's. Shared by crypto.subtle and node:crypto.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import type { CHash } from "@noble/hashes/utils.js";
import { sha256Constants } from "./sha256.ts";

/** (state, kind, rounds): see `src/faces/js/stretch.ts` */
export type Stretch = (state: Uint8Array, kind: number, rounds: number) => void;

interface Kind {
  readonly number: number;
  /** Of a word of the hash. */
  readonly wordBytes: 4 | 8;
  readonly workBytes: number;
  /** Where its constants stand. */
  readonly constantsAt: number;
  readonly constants: () => Uint8Array;
}

const NONE = (): Uint8Array => new Uint8Array(0);
const wide = { wordBytes: 8, workBytes: 1344, constantsAt: 704, constants: sha512Constants } as const;
/** By the hash's name, in small letters and without "-". */
const KINDS: Readonly<Record<string, Kind>> = {
  sha1: { number: 0, wordBytes: 4, workBytes: 344, constantsAt: 344, constants: NONE },
  sha256: {
    number: 1,
    wordBytes: 4,
    workBytes: 544,
    constantsAt: 288,
    constants: () => new Uint8Array(Uint32Array.from(sha256Constants()).buffer),
  },
  sha384: { number: 2, ...wide },
  sha512: { number: 3, ...wide },
};

const HASH_SPACE = 64;
const BLOCK_SPACE = 128;
const REST_BYTES = 320;
const COUNTER_BYTES = 4;
/** Between two calls the engine looks whether its time is over. */
const ROUNDS_AT_ONCE = 10_000;

let wideConstants: Uint8Array | undefined;

/** The first 64 bits behind the point of the cube roots of the first 80 primes (FIPS 180-4, 4.2.3). */
function sha512Constants(): Uint8Array {
  if (wideConstants !== undefined) return wideConstants;
  const primes: bigint[] = [];
  for (let number = 2n; primes.length < 80; number++)
    if (!primes.some((prime) => number % prime === 0n)) primes.push(number);
  const words = primes.map((prime) => BigInt.asUintN(64, cubeRoot(prime << 192n)));
  wideConstants = new Uint8Array(BigUint64Array.from(words).buffer);
  return wideConstants;
}

/** Of what is below 2^201, rounded down. */
function cubeRoot(of: bigint): bigint {
  let root = 1n << 67n;
  for (;;) {
    const next = (2n * root + of / (root * root)) / 3n;
    if (next >= root) return root;
    root = next;
  }
}

/** The running hash as the package gives it: words, of 64 bits as two halves, the upper first. */
function wordsOf(hash: object): number[] {
  return (hash as { get(): number[] }).get();
}

function putHash(state: DataView, at: number, words: readonly number[], { wordBytes }: Kind): void {
  words.forEach((word, index) => {
    const place = wordBytes === 4 ? index : index ^ 1; // the lower half comes first
    state.setUint32(at + place * 4, word, true);
  });
}

export function pbkdf2By(stretch: Stretch) {
  /** `name` of the hash as the Web or Node writes it. */
  return (
    name: string,
    hash: CHash,
    password: Uint8Array,
    salt: Uint8Array,
    rounds: number,
    length: number,
  ): Uint8Array => {
    const kind = KINDS[name.toLowerCase().replace("-", "")];
    if (kind === undefined) return pbkdf2(hash, password, salt, { c: rounds, dkLen: length });
    const state = new Uint8Array(kind.workBytes + REST_BYTES);
    state.set(kind.constants(), kind.constantsAt);
    const view = new DataView(state.buffer);
    const keyed = hmac.create(hash, password);
    putHash(view, kind.workBytes, wordsOf(keyed.iHash), kind);
    putHash(view, kind.workBytes + HASH_SPACE, wordsOf(keyed.oHash), kind);
    const made = new Uint8Array(length);
    const counter = new Uint8Array(COUNTER_BYTES);
    for (let at = 0, index = 1; at < length; at += hash.outputLen, index++) {
      new DataView(counter.buffer).setUint32(0, index);
      const first = hmac.create(hash, password).update(salt).update(counter).digest();
      const block = kind.workBytes + 2 * HASH_SPACE;
      putBlock(view, block, first, hash.blockLen);
      state.set(first, block + BLOCK_SPACE);
      for (let left = rounds - 1; left > 0; left -= ROUNDS_AT_ONCE)
        stretch(state, kind.number, Math.min(left, ROUNDS_AT_ONCE));
      made.set(state.subarray(block + BLOCK_SPACE).subarray(0, Math.min(hash.outputLen, length - at)), at);
    }
    state.fill(0);
    return made;
  };
}

/** A digest as the second and last block of a message (FIPS 180-4, 5.1). */
function putBlock(state: DataView, at: number, digest: Uint8Array, blockBytes: number): void {
  for (let index = 0; index < BLOCK_SPACE; index++) state.setUint8(at + index, digest[index] ?? 0);
  state.setUint8(at + digest.length, 0x80);
  state.setUint32(at + blockBytes - 4, (blockBytes + digest.length) * 8);
}
