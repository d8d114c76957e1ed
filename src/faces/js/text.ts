/**
 * Strings between the engine and the services.
 *
 * The engine's own calls end a string at its first NUL and write lone surrogates as if they were characters.
 * Here lengths are known, so NULs pass, and a lone surrogate is U+FFFD, as the Encoding Standard says.
 *
 * Owns:   one borrowed text at a time (two slots, for a call that lends two).
 */
import { free, malloc, QTS_FreeCString, QTS_GetString, QTS_NewString } from "./engine";
import { isAscii, isWellFormed, repair, repairedLength, replaceSurrogates } from "./utf8";
import {
  bytesLength,
  bytesPointer,
  isBytes,
  isNarrowString,
  stringCharacters,
  stringLength,
  Tag,
  tagOf,
  textLength,
} from "./value";

/** Bytes that a call lends to a service. */
@final
@unmanaged
export class Lent {
  pointer: usize;
  length: u32;
  /** The engine's copy of a text, to be freed; 0 where the bytes are the value's own. */
  text: usize;
}
export const LENT_SIZE: usize = 12;

/** Lends a value as UTF-8: a string, or a Uint8Array as it is. False where it is neither. */
export function lendUtf8(context: usize, box: usize, lent: Lent): bool {
  lent.text = 0;
  if (isBytes(box)) {
    lent.pointer = bytesPointer(box);
    lent.length = bytesLength(box);
    return true;
  }
  if (isNarrowString(box) && isAscii(stringCharacters(box), stringLength(box))) {
    lent.pointer = stringCharacters(box);
    lent.length = stringLength(box);
    return true;
  }
  const text = QTS_GetString(context, box);
  if (text == 0) return false;
  lent.text = text;
  lent.pointer = text;
  lent.length = textLength(text);
  if (!isAscii(text, lent.length)) replaceSurrogates(text, lent.length);
  return true;
}

/** Lends a string of characters up to U+00FF as one byte each. False where a character is beyond. */
export function lendLatin1(context: usize, box: usize, lent: Lent): bool {
  if (isNarrowString(box)) {
    lent.text = 0;
    lent.pointer = stringCharacters(box);
    lent.length = stringLength(box);
    return true;
  }
  if (!lendUtf8(context, box, lent)) return false;
  // A string in pieces: its UTF-8 is made one byte a character in place, in the engine's copy.
  if (isAscii(lent.pointer, lent.length)) return true;
  const end = lent.pointer + lent.length;
  let target = lent.pointer;
  for (let source = lent.pointer; source < end; source++) {
    let byte = load<u8>(source);
    if (byte >= 0x80) {
      if (byte > 0xc3) return false;
      source++;
      byte = ((byte & 3) << 6) | (load<u8>(source) & 0x3f);
    }
    store<u8>(target++, byte);
  }
  lent.length = <u32>(target - lent.pointer);
  return true;
}

export function giveBack(context: usize, lent: Lent): void {
  if (lent.text != 0) QTS_FreeCString(context, lent.text);
  lent.text = 0;
}

/** A string of UTF-8 bytes, ill-formed parts as U+FFFD. 0 where `fatal` and there are any, or memory is out. */
export function newTextUtf8(context: usize, bytes: usize, length: u32, fatal: bool): usize {
  const ascii = isAscii(bytes, length);
  const wellFormed = ascii || isWellFormed(bytes, length);
  if (fatal && !wellFormed) return 0;
  const size = wellFormed ? <usize>length : repairedLength(bytes, length);
  const copy = malloc(size + 1);
  if (copy == 0) return 0;
  if (wellFormed) memory.copy(copy, bytes, size);
  else repair(copy, bytes, length);
  const box = newTextFrom(context, copy, size);
  free(copy);
  return box;
}

/** A string of bytes that are one character each. 0 where memory is out. */
export function newTextLatin1(context: usize, bytes: usize, length: u32): usize {
  let wide: usize = 0;
  for (let index: u32 = 0; index < length; index++) wide += load<u8>(bytes + index) >> 7;
  const copy = malloc(length + wide + 1);
  if (copy == 0) return 0;
  let target = copy;
  for (let index: u32 = 0; index < length; index++) {
    const byte = load<u8>(bytes + index);
    if (byte >= 0x80) {
      store<u8>(target++, 0xc0 | (byte >> 6));
      store<u8>(target++, 0x80 | (byte & 0x3f));
    } else {
      store<u8>(target++, byte);
    }
  }
  const box = newTextFrom(context, copy, target - copy);
  free(copy);
  return box;
}

/** A string of well-formed UTF-8 with room for a byte behind it. */
function newTextFrom(context: usize, bytes: usize, length: usize): usize {
  store<u8>(bytes + length, 0);
  return hasNul(bytes, length) ? newTextWithNuls(context, bytes, length) : QTS_NewString(context, bytes);
}

function hasNul(bytes: usize, length: usize): bool {
  for (let index: usize = 0; index < length; index++) {
    if (load<u8>(bytes + index) == 0) return true;
  }
  return false;
}

/** The engine would end the string at a NUL: it is given another character, which is overwritten in place. */
function newTextWithNuls(context: usize, bytes: usize, length: usize): usize {
  const clean = malloc(length + 1);
  if (clean == 0) return 0;
  for (let index: usize = 0; index < length; index++) {
    store<u8>(clean + index, max<u8>(load<u8>(bytes + index), 1));
  }
  store<u8>(clean + length, 0);
  const box = QTS_NewString(context, clean);
  free(clean);
  if (tagOf(box) != Tag.String) return box;
  const narrow = isNarrowString(box);
  let unit: usize = stringCharacters(box);
  for (let index: usize = 0; index < length; index++) {
    const byte = load<u8>(bytes + index);
    if (byte == 0) {
      if (narrow) store<u8>(unit, 0);
      else store<u16>(unit, 0);
    }
    // Continuation bytes add no unit; a character of four bytes is two.
    if ((byte & 0xc0) == 0x80) continue;
    const units: usize = byte >= 0xf0 ? 2 : 1;
    unit += narrow ? units : 2 * units;
  }
  return box;
}
