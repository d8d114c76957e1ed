/**
 * SHA-1 (FIPS 180-4, section 6.1) of a short text, and base64 (RFC 4648) of a digest: what a handshake answers with.
 * It proves that the server speaks WebSocket, and nothing else; no secret depends on it.
 *
 * Tests: websocket.test.ts
 */
const BLOCK: u32 = 64;
export const DIGEST: u32 = 20;
const PADDING: u8 = 0x3d; // "="
const blocks: usize = memory.data(128, 8);
const words: usize = memory.data(320, 8);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

let a: u32 = 0;
let b: u32 = 0;
let c: u32 = 0;
let d: u32 = 0;
let e: u32 = 0;

/** Writes the digest of at most 119 bytes. */
export function digest(source: usize, length: u32, target: usize): void {
  const size: u32 = length + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
  memory.fill(blocks, 0, size);
  memory.copy(blocks, source, length);
  store<u8>(blocks + length, 0x80);
  store<u32>(blocks + size - 4, bswap<u32>(length << 3));
  store<u32>(target, 0x67452301);
  store<u32>(target, 0xefcdab89, 4);
  store<u32>(target, 0x98badcfe, 8);
  store<u32>(target, 0x10325476, 12);
  store<u32>(target, 0xc3d2e1f0, 16);
  for (let at: u32 = 0; at < size; at += BLOCK) compress(blocks + at, target);
  for (let at: u32 = 0; at < DIGEST; at += 4) store<u32>(target + at, bswap(load<u32>(target + at)));
}

function compress(block: usize, state: usize): void {
  for (let index: usize = 0; index < 16; index++)
    store<u32>(words + (index << 2), bswap(load<u32>(block + (index << 2))));
  for (let index: usize = 16; index < 80; index++) {
    const at = words + (index << 2);
    const mixed = load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64);
    store<u32>(at, rotl<u32>(mixed, 1));
  }
  a = load<u32>(state);
  b = load<u32>(state, 4);
  c = load<u32>(state, 8);
  d = load<u32>(state, 12);
  e = load<u32>(state, 16);
  for (let index: u32 = 0; index < 80; index++) round(index);
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
}

function round(index: u32): void {
  let mix: u32 = b ^ c ^ d;
  let constant: u32 = 0xca62c1d6;
  if (index < 20) {
    mix = (b & c) | (~b & d);
    constant = 0x5a827999;
  } else if (index < 40) {
    constant = 0x6ed9eba1;
  } else if (index < 60) {
    mix = (b & c) | (b & d) | (c & d);
    constant = 0x8f1bbcdc;
  }
  const next = rotl<u32>(a, 5) + mix + e + constant + load<u32>(words + ((<usize>index) << 2));
  e = d;
  d = c;
  c = rotl<u32>(b, 30);
  b = a;
  a = next;
}

/** Writes bytes in base64, with its padding: the address after them. */
export function emitBase64(target: usize, source: usize, length: u32): usize {
  for (let at: u32 = 0; at < length; at += 3) {
    const count = min<u32>(length - at, 3);
    const second: u32 = count > 1 ? load<u8>(source + at + 1) : 0;
    const third: u32 = count > 2 ? load<u8>(source + at + 2) : 0;
    const bits = ((<u32>load<u8>(source + at)) << 16) | (second << 8) | third;
    for (let shift: i32 = 18; shift >= 0; shift -= 6) {
      store<u8>(target++, <u8>ALPHABET.charCodeAt((<i32>(bits >> (<u32>shift))) & 63));
    }
    for (let missing: u32 = count; missing < 3; missing++) store<u8>(target - 3 + missing, PADDING);
  }
  return target;
}
