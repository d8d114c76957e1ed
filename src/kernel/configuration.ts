/**
 * The boot configuration: `key=value` lines that the platform hands over, UTF-8, at most 64 KiB.
 *
 *   net.address=10.0.2.15/24   a static address; without it, DHCP asks for one
 *   net.gateway=10.0.2.2
 *   net.dns=10.0.2.3
 *   net.address6=auto          or 2001:db8::15/64; without it there is no IPv6
 *   net.allow=HOST:PORTS       what the app may begin to talk to, a line each (net/policy/grants.ts)
 *   env.NAME=value             the app's environment
 *   app.restarts=8             in any 60 s, of an app that went down
 *
 * Owns:   the configuration's bytes.
 * Tests:  app/restart.test.ts
 */
import { configuration } from "./cpu/platform";
import { reserve } from "./memory/arena";

const LIMIT: u32 = 0x10000;

let text: usize = 0;
let textLength: u32 = 0;

/** Where the value that `find` found stands. */
export let valuePointer: usize = 0;
export let valueLength: u32 = 0;

export function startConfiguration(): void {
  const length = configuration(0, 0);
  if (length > LIMIT) return;
  text = reserve(length);
  textLength = configuration(text, length);
}

/** Finds `key`'s value: `valuePointer` and `valueLength`, or false. Keys are ASCII. */
export function find(key: string): bool {
  let line = text;
  const end = text + textLength;
  while (line < end) {
    const stop = lineEnd(line, end);
    const value = startsWith(line, stop, key);
    if (value < stop && load<u8>(value) == 0x3d) {
      valuePointer = value + 1;
      valueLength = <u32>(stop - valuePointer);
      return true;
    }
    line = stop + 1;
  }
  return false;
}

/** Calls for the value of the next line after `after` (0: from the start) that starts with `prefix`. */
export function nextWithPrefix(after: usize, prefix: string): usize {
  let line = after == 0 ? text : lineEnd(after, text + textLength) + 1;
  const end = text + textLength;
  while (line < end) {
    const stop = lineEnd(line, end);
    const rest = startsWith(line, stop, prefix);
    if (rest != usize.MAX_VALUE) {
      valuePointer = rest;
      valueLength = <u32>(stop - rest);
      return line;
    }
    line = stop + 1;
  }
  return 0;
}

/** A decimal number, or `otherwise` when the key is absent or not one. */
export function findNumber(key: string, otherwise: u32): u32 {
  if (!find(key) || valueLength == 0 || valueLength > 9) return otherwise;
  let number: u32 = 0;
  for (let index: u32 = 0; index < valueLength; index++) {
    const digit = <u32>load<u8>(valuePointer + index) - 0x30;
    if (digit > 9) return otherwise;
    number = number * 10 + digit;
  }
  return number;
}

function lineEnd(from: usize, end: usize): usize {
  while (from < end && load<u8>(from) != 0x0a) from++;
  return from;
}

/** One past `prefix` when the line starts with it, else `usize.MAX_VALUE`. */
function startsWith(line: usize, stop: usize, prefix: string): usize {
  const length = <usize>prefix.length;
  if (stop - line < length) return usize.MAX_VALUE;
  for (let index: usize = 0; index < length; index++) {
    if (load<u8>(line + index) != <u8>prefix.charCodeAt(<i32>index)) return usize.MAX_VALUE;
  }
  return line + length;
}
