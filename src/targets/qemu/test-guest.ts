/** Guests of a few instructions that say given words through given ports, for tests of the launcher. */
import { pvhGuest } from "./probe-guest.ts";

export const SERIAL = 0x3f8;
export const ERRORS = 0xe9;
export const CONTROL = 0xea;
const EXIT = 0xf4;

export type Saying = readonly [port: number, text: string];

/** Says everything in order, then ends; or sleeps for ever. */
export function sayingGuest(sayings: readonly Saying[], end: "exit" | "sleep"): Uint8Array {
  const code: number[] = [];
  for (const [port, text] of sayings) {
    for (const byte of Buffer.from(text)) {
      // mov dx, port; mov al, byte; out dx, al
      code.push(0x66, 0xba, port & 255, port >> 8, 0xb0, byte, 0xee);
    }
  }
  if (end === "exit") code.push(0xb0, 0x00, 0xe6, EXIT);
  code.push(0xfa, 0xf4, 0xeb, 0xfd); // cli; hlt; jmp to the hlt
  return pvhGuest(Uint8Array.from(code));
}
