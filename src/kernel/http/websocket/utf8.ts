/**
 * UTF-8 (RFC 3629) checked as it comes: a text message may be cut anywhere, also within a character.
 *
 * What the next bytes must be is one word: how many more, and the range of the first of them.
 *
 *   | 0 | last allowed 8 | first allowed 8 | bytes left 8 |      0: a character may begin
 *
 * Tests: websocket.test.ts
 */
const CONTINUATION: u32 = 0xbf_80_00;
export const INVALID: u32 = 0xffff_ffff;
const STEP: usize = 16;

/** The state after these bytes, or `INVALID`. */
export function checkUtf8(state: u32, at: usize, length: u32): u32 {
  const stop = at + length;
  while (at < stop) {
    if (state == 0) {
      while (at + STEP <= stop && !v128.any_true(v128.and(v128.load(at), i8x16.splat(-128)))) at += STEP;
      if (at == stop) break;
    }
    const byte = <u32>load<u8>(at++);
    state = state == 0 ? afterFirst(byte) : afterOther(state, byte);
    if (state == INVALID) break;
  }
  return state;
}

function afterFirst(byte: u32): u32 {
  if (byte < 0x80) return 0;
  if (byte >= 0xc2 && byte <= 0xdf) return CONTINUATION | 1;
  if (byte == 0xe0) return 0xbf_a0_02; // no overlong forms
  if (byte == 0xed) return 0x9f_80_02; // no surrogates
  if (byte >= 0xe1 && byte <= 0xef) return CONTINUATION | 2;
  if (byte == 0xf0) return 0xbf_90_03;
  if (byte >= 0xf1 && byte <= 0xf3) return CONTINUATION | 3;
  return byte == 0xf4 ? 0x8f_80_03 : INVALID; // nothing beyond U+10FFFF
}

function afterOther(state: u32, byte: u32): u32 {
  if (byte < ((state >> 8) & 0xff) || byte > state >> 16) return INVALID;
  const left = (state & 0xff) - 1;
  return left == 0 ? 0 : CONTINUATION | left;
}
