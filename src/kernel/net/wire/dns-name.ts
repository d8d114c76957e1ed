/**
 * Domain names on the wire (RFC 1035 3.1, 4.1.4): labels, each behind its length, ended by a zero; or, in a message,
 * by a pointer to where the name goes on.
 *
 *   | 3 | w w w | 7 | e x a m p l e | 3 | c o m | 0 |        pointer: | 1 1 offset in the message, 14 bits |
 *
 * A pointer must lead back to before the labels that it ends, so every chain is finite, however it is forged.
 *
 * Tests: dns.test.ts
 */
import { load16be } from "../../memory/bytes";

/** A name's longest form on the wire. */
export const LONGEST_NAME: u32 = 255;

const LONGEST_LABEL: u32 = 63;
const POINTER: u8 = 0xc0;
const OFFSET: u16 = 0x3fff;
const DOT: u8 = 0x2e;

/** Writes the host name `a.b.c` or `a.b.c.` in wire form at `target`: its length, 0 when it is no host name. */
export function emitName(target: usize, text: usize, length: u32): u32 {
  if (length > 0 && load<u8>(text + length - 1) == DOT) length--;
  if (length == 0 || length > LONGEST_NAME - 2) return 0;
  const end = text + length;
  let at = target;
  for (;;) {
    let stop = text;
    while (stop < end && isHostByte(load<u8>(stop))) stop++;
    const size = <u32>(stop - text);
    if (size == 0 || size > LONGEST_LABEL) return 0;
    store<u8>(at, <u8>size);
    memory.copy(at + 1, text, size);
    at += size + 1;
    if (stop == end) break;
    if (load<u8>(stop) != DOT) return 0;
    text = stop + 1;
  }
  store<u8>(at, 0);
  return <u32>(at + 1 - target);
}

/** The offset after the name at `offset`, 0 when it is malformed. Does not follow pointers. */
export function skipName(message: usize, length: u32, offset: u32): u32 {
  const start = offset;
  while (offset < length && offset - start < LONGEST_NAME) {
    const size = load<u8>(message + offset);
    if (size == 0) return offset + 1;
    if (size >= POINTER) return offset + 2 <= length ? offset + 2 : 0;
    if (<u32>size > LONGEST_LABEL) return 0;
    offset += <u32>size + 1;
  }
  return 0;
}

/** Copies the name at `offset`, pointers followed, to `target` (`LONGEST_NAME` bytes): its length, 0 when malformed. */
export function copyName(message: usize, length: u32, offset: u32, target: usize): u32 {
  let copied: u32 = 0;
  let runStart = offset;
  while (offset < length) {
    const size = load<u8>(message + offset);
    if (size >= POINTER) {
      if (offset + 2 > length) return 0;
      const next = <u32>(load16be(message, offset) & OFFSET);
      if (next >= runStart) return 0;
      runStart = next;
      offset = next;
      continue;
    }
    const whole = <u32>size + 1;
    if (<u32>size > LONGEST_LABEL || offset + whole > length || copied + whole > LONGEST_NAME) return 0;
    memory.copy(target + copied, message + offset, whole);
    copied += whole;
    if (size == 0) return copied;
    offset += whole;
  }
  return 0;
}

/** Whether two uncompressed names are the same, whatever the case of their letters (RFC 4343). */
export function equalNames(one: usize, oneLength: u32, other: usize, otherLength: u32): bool {
  if (oneLength != otherLength) return false;
  // Lengths are at most 63, below the letters, so that they compare as they are.
  for (let index: u32 = 0; index < oneLength; index++) {
    if (lowerCase(load<u8>(one + index)) != lowerCase(load<u8>(other + index))) return false;
  }
  return true;
}

/** The rest of an uncompressed name behind its first label, or 0 when nothing but the root is left. */
export function skipLabel(name: usize): usize {
  const rest = name + 1 + <usize>load<u8>(name);
  return load<u8>(name) == 0 || load<u8>(rest) == 0 ? 0 : rest;
}

/** Whether an uncompressed name is the one that a host name writes, with or without its last dot. */
export function equalsText(name: usize, text: usize, length: u32): bool {
  const end = text + length;
  let size = <u32>load<u8>(name);
  while (size != 0) {
    if (<u32>(end - text) < size) return false;
    for (let index: u32 = 0; index < size; index++) {
      if (lowerCase(load<u8>(name + index, 1)) != lowerCase(load<u8>(text + index))) return false;
    }
    name += size + 1;
    text += size;
    size = <u32>load<u8>(name);
    if (text == end) return size == 0;
    if (load<u8>(text) != DOT) return false;
    text++;
  }
  return text == end;
}

function lowerCase(byte: u8): u8 {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Letters, digits, hyphen (RFC 952), and the underscore that services use. */
function isHostByte(byte: u8): bool {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2d || byte == 0x5f;
}
