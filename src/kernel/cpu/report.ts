/**
 * The kernel's own lines on the error console, a piece at a time. Kernel texts are ASCII.
 */
import { consoleWrite } from "./platform";

const ERRORS: i32 = 2;
const PART: u32 = 64;
const part = memory.data(64);

export function report(text: string): void {
  const length = <u32>text.length;
  let filled: u32 = 0;
  for (let index: u32 = 0; index < length; index++) {
    // The low byte of a UTF-16 unit is the character.
    store<u8>(part + filled, <u8>text.charCodeAt(index));
    if (++filled < PART && index + 1 < length) continue;
    consoleWrite(ERRORS, part, filled);
    filled = 0;
  }
}

export function reportNumber(number: u32): void {
  let first: u32 = PART;
  do {
    first--;
    store<u8>(part + first, <u8>(0x30 + (number % 10)));
    number /= 10;
  } while (number != 0);
  consoleWrite(ERRORS, part + first, PART - first);
}
