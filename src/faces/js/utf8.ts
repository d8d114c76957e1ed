/**
 * UTF-8 (RFC 3629) as the WHATWG Encoding Standard decodes it (section "UTF-8 decoder"): each maximal part of
 * an ill-formed sequence becomes one U+FFFD. Pure functions over byte ranges.
 *
 * Tests:  web.test.ts, and the fuzz target text-decoding
 */
const ASCII_MASK: u64 = 0x8080_8080_8080_8080;

export function isAscii(pointer: usize, length: usize): bool {
  const end = pointer + length;
  while (pointer + 8 <= end) {
    if ((load<u64>(pointer) & ASCII_MASK) != 0) return false;
    pointer += 8;
  }
  while (pointer < end) {
    if (load<u8>(pointer) >= 0x80) return false;
    pointer++;
  }
  return true;
}

/** How many bytes at `pointer` form one character; negative: minus the length of an ill-formed part. */
function characterLength(pointer: usize, end: usize): i32 {
  const first = <u32>load<u8>(pointer);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return -1;
  const needed: i32 = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  // The second byte's bounds shut out overlong forms, surrogates and what lies beyond U+10FFFF.
  let lower: u32 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  let upper: u32 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  for (let index = 1; index <= needed; index++) {
    if (pointer + <usize>index >= end) return -index;
    const byte = <u32>load<u8>(pointer + <usize>index);
    if (byte < lower || byte > upper) return -index;
    lower = 0x80;
    upper = 0xbf;
  }
  return needed + 1;
}

/** The size of `repair`'s result; the same as `length` exactly when all is well-formed or repairs kept it. */
export function repairedLength(pointer: usize, length: usize): usize {
  const end = pointer + length;
  let size: usize = 0;
  while (pointer < end) {
    const character = characterLength(pointer, end);
    size += character < 0 ? 3 : <usize>character;
    pointer += <usize>abs(character);
  }
  return size;
}

export function isWellFormed(pointer: usize, length: usize): bool {
  const end = pointer + length;
  while (pointer < end) {
    const character = characterLength(pointer, end);
    if (character < 0) return false;
    pointer += <usize>character;
  }
  return true;
}

/** Copies text, each ill-formed part as U+FFFD. `target` has `repairedLength` bytes. */
export function repair(target: usize, pointer: usize, length: usize): void {
  const end = pointer + length;
  while (pointer < end) {
    const character = characterLength(pointer, end);
    if (character < 0) {
      storeReplacement(target);
      target += 3;
    } else {
      memory.copy(target, pointer, <usize>character);
      target += <usize>character;
    }
    pointer += <usize>abs(character);
  }
}

/**
 * Turns lone surrogates into U+FFFD, in place. The engine writes them as if they were characters (ED A0..BF
 * xx), which has the length of U+FFFD.
 */
export function replaceSurrogates(pointer: usize, length: usize): void {
  const end = pointer + length;
  for (; pointer + 2 < end; pointer++) {
    if (load<u8>(pointer) == 0xed && load<u8>(pointer + 1) >= 0xa0) storeReplacement(pointer);
  }
}

/** U+FFFD: EF BF BD. */
function storeReplacement(target: usize): void {
  store<u16>(target, 0xbfef);
  store<u8>(target + 2, 0xbd);
}
