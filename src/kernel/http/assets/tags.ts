/**
 * Entity tags (RFC 9110 section 8.8.3), and whether a list of them has one of ours, which are all strong.
 */
const QUOTE: u8 = 0x22;
const STAR: u8 = 0x2a;
const WEAK: u16 = 0x2f57; // "W/"

export const enum Comparison {
  /** A weak tag is never the same. */
  Strong = 0,
  Weak = 1,
}

/** Whether `tag` is in a list, or the list is `*`. What is no list of tags has none. */
export function hasTag(list: usize, length: u32, tag: usize, tagBytes: u32, comparison: Comparison): bool {
  const stop = list + length;
  if (length == 1 && load<u8>(list) == STAR) return true;
  let at = list;
  while (true) {
    while (at < stop && isBetween(load<u8>(at))) at++;
    const isWeak = at + 2 <= stop && load<u16>(at) == WEAK;
    if (isWeak) at += 2;
    if (at >= stop || load<u8>(at) != QUOTE) return false;
    let end = at + 1;
    while (end < stop && load<u8>(end) != QUOTE) end++;
    if (end == stop) return false;
    end++;
    const isSame = end - at == <usize>tagBytes && memory.compare(at, tag, tagBytes) == 0;
    if (isSame && (!isWeak || comparison == Comparison.Weak)) return true;
    at = end;
  }
}

/** Whether one tag, as it stands in If-Range (13.1.5), is ours. */
export function isTag(value: usize, length: u32, tag: usize, tagBytes: u32): bool {
  return length == tagBytes && memory.compare(value, tag, tagBytes) == 0;
}

function isBetween(character: u8): bool {
  return character == 0x20 || character == 0x09 || character == 0x2c;
}
