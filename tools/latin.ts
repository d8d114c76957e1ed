/** Bytes as Latin-1 text, so that a test can write and compare any byte. */
const LATIN = new TextDecoder("latin1");

export type Bytes = string | Uint8Array;

export function bytesOf(value: Bytes): Uint8Array {
  return typeof value === "string" ? Uint8Array.from(value, (character) => character.charCodeAt(0)) : value;
}

export function textOf(bytes: Uint8Array): string {
  return LATIN.decode(bytes);
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
