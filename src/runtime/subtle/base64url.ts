/** Base64 for JSON Web Keys (RFC 4648, section 5): no padding. */
import { failure } from "./platform.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export function toBase64url(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const word = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    const digits = Math.min(bytes.length - index, 3) + 1;
    for (let digit = 0; digit < digits; digit++) text += ALPHABET[(word >> (18 - 6 * digit)) & 63]!;
  }
  return text;
}

export function fromBase64url(text: unknown, what: string): Uint8Array {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text) || text.length % 4 === 1)
    throw failure("DataError", `${what} must be base64url`);
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let length = 0;
  for (const digit of text) {
    word = ((word << 6) | ALPHABET.indexOf(digit)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = word >> bits;
  }
  return bytes;
}
