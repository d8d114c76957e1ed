/**
 * The rounds of PBKDF2 (RFC 8018, 5.2), where all of its time goes: HMAC of the last HMAC, added up. As Wasm a hundred
 * times as fast as in the interpreter, so passwords can have the rounds that they want.
 *
 * Everything it touches is the caller's, as `src/runtime/subtle/pbkdf2.ts` lays it out; hashes are words, `block` and
 * `sum` the bytes of a message. `block` begins with the last HMAC and is padded.
 *
 *   work of the hash: hash, schedule, constants | inner hash 64 | outer hash 64 | block 128 | sum 64
 */
import { compressSha1, SHA1_STATE_BYTES } from "./sha1";
import {
  compressSha256,
  compressSha512,
  SHA256_BLOCK_BYTES,
  SHA256_STATE_BYTES,
  SHA512_STATE_BYTES,
} from "./sha2";

/** As `pbkdf2.ts` names them. */
const enum Kind {
  Sha1 = 0,
  Sha256 = 1,
  Sha384 = 2,
  Sha512 = 3,
}

const HASH_SPACE: usize = 64;
const BLOCK_SPACE: usize = 128;
const REST_BYTES: u32 = 320;

function workBytes(kind: i32): u32 {
  if (kind == Kind.Sha1) return SHA1_STATE_BYTES;
  return kind == Kind.Sha256 ? SHA256_STATE_BYTES : SHA512_STATE_BYTES;
}

function digestBytes(kind: i32): u32 {
  if (kind == Kind.Sha1) return 20;
  return kind == Kind.Sha256 ? 32 : kind == Kind.Sha384 ? 48 : 64;
}

/** Whether there is such a hash, and `length` bytes are what its rounds need. */
export function fitsStretch(kind: i32, length: u32): bool {
  return kind >= Kind.Sha1 && kind <= Kind.Sha512 && length == workBytes(kind) + REST_BYTES;
}

export function stretch(state: usize, kind: i32, rounds: i32): void {
  const inner = state + workBytes(kind);
  const outer = inner + HASH_SPACE;
  const block = outer + HASH_SPACE;
  const sum = block + BLOCK_SPACE;
  const digest = digestBytes(kind);
  for (let round = 0; round < rounds; round++) {
    hashOnto(kind, state, inner, block);
    hashOnto(kind, state, outer, block);
    for (let at: usize = 0; at < digest; at += 4) {
      store<u32>(sum + at, load<u32>(sum + at) ^ load<u32>(block + at));
    }
  }
}

/** Goes on from the hash at `from` with the block, and puts the digest at its beginning. */
function hashOnto(kind: i32, state: usize, from: usize, block: usize): void {
  const digest = digestBytes(kind);
  memory.copy(state, from, kind == Kind.Sha1 ? 20 : kind == Kind.Sha256 ? 32 : HASH_SPACE);
  if (kind >= Kind.Sha384) {
    compressSha512(state, block);
    for (let at: usize = 0; at < digest; at += 8) store<u64>(block + at, bswap(load<u64>(state + at)));
    return;
  }
  if (kind == Kind.Sha1) compressSha1(state, block);
  else compressSha256(state, block, SHA256_BLOCK_BYTES);
  for (let at: usize = 0; at < digest; at += 4) store<u32>(block + at, bswap(load<u32>(state + at)));
}
