/**
 * Tells the console what was refused, and what would allow it: each destination once, and so many at most, so that an
 * app cannot write the console full.
 *
 * Owns: the destinations that were told, and the line.
 */
import { consoleWrite } from "../../cpu/platform";
import { isIpv4, PROTOCOL_TCP } from "../layer";

const ERRORS: i32 = 2;
const TOLD: u32 = 64;
const ENTRY: usize = 24;
/** Two names of at most 255 bytes, and words. */
const LINE: u32 = 768;

const told: usize = memory.data(1536, 8); // TOLD * ENTRY
const line: usize = memory.data(768, 8); // LINE
let count: u32 = 0;
let length: u32 = 0;

export function tellRefusal(protocol: u8, high: u64, low: u64, port: u16): void {
  if (!isNew(high, low, ((<u64>protocol) << 16) | (<u64>port))) return;
  const word = protocol == PROTOCOL_TCP ? "tcp:" : "udp:";
  append("network: outbound ");
  appendEnd(word, high, low, port);
  append(" refused: no grant covers it (--allow ");
  appendEnd(word, high, low, port);
  leave(")\n");
}

/** The name is a host name, so that it holds nothing that a console could obey. */
export function tellRefusedName(text: usize, size: u32): void {
  if (!isNew(hashOf(text, size), 0, u64.MAX_VALUE)) return;
  append("network: the name ");
  appendBytes(text, size);
  append(" refused: no grant names it (--allow ");
  appendBytes(text, size);
  leave(":PORTS)\n");
}

/** Remembers a destination: false where it was told, or too many others were. */
function isNew(high: u64, low: u64, kind: u64): bool {
  for (let index: u32 = 0; index < min(count, TOLD); index++) {
    const entry = told + <usize>index * ENTRY;
    if (load<u64>(entry) == high && load<u64>(entry, 8) == low && load<u64>(entry, 16) == kind) return false;
  }
  if (count > TOLD) return false;
  count++;
  if (count > TOLD) {
    leave("network: more is refused, and told no more\n");
    return false;
  }
  const entry = told + <usize>(count - 1) * ENTRY;
  store<u64>(entry, high);
  store<u64>(entry, low, 8);
  store<u64>(entry, kind, 16);
  return true;
}

/** FNV-1a: a name that shares another's hash goes untold, and nothing worse. */
function hashOf(text: usize, size: u32): u64 {
  let hash: u64 = 0xcbf2_9ce4_8422_2325;
  for (let index: u32 = 0; index < size; index++) {
    hash = (hash ^ (<u64>load<u8>(text + index))) * 0x0000_0100_0000_01b3;
  }
  return hash;
}

function appendEnd(protocol: string, high: u64, low: u64, port: u16): void {
  append(protocol);
  if (isIpv4(high, low)) {
    for (let shift: u64 = 32; shift != 0; shift -= 8) {
      if (shift != 32) appendByte(0x2e);
      appendNumber((<u32>(low >> (shift - 8))) & 255, 10);
    }
  } else {
    appendByte(0x5b);
    for (let group: u64 = 0; group < 8; group++) {
      if (group != 0) appendByte(0x3a);
      const half = group < 4 ? high : low;
      appendNumber((<u32>(half >> (48 - ((group & 3) << 4)))) & 0xffff, 16);
    }
    appendByte(0x5d);
  }
  appendByte(0x3a);
  appendNumber(<u32>port, 10);
}

function appendNumber(number: u32, base: u32): void {
  let power: u32 = 1;
  while (number / power >= base) power *= base;
  for (; power != 0; power /= base) {
    const digit = (number / power) % base;
    appendByte(<u8>(digit < 10 ? 0x30 + digit : 0x61 + digit - 10));
  }
}

/** Kernel texts are ASCII. */
function append(text: string): void {
  for (let index = 0; index < text.length; index++) appendByte(<u8>text.charCodeAt(index));
}

function appendBytes(from: usize, size: u32): void {
  for (let index: u32 = 0; index < size; index++) appendByte(load<u8>(from + index));
}

function appendByte(byte: u8): void {
  if (length == LINE) return;
  store<u8>(line + length, byte);
  length++;
}

function leave(last: string): void {
  append(last);
  consoleWrite(ERRORS, line, length);
  length = 0;
}
