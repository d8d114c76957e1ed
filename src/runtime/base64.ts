/** atob and btoa (HTML Standard, section 8.3; Infra Standard, "forgiving-base64"). */
import { decodeLatin1, encodeLatin1 } from "./host.ts";
import { DOMException } from "./dom-exception.ts";
import { defineGlobals } from "./globals.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const WHITESPACE = /[\t\n\f\r ]+/g;
const NOT_IN_ALPHABET = /[^A-Za-z0-9+/]/;

const digitOf = new Map([...ALPHABET].map((digit, index) => [digit.charCodeAt(0), index]));

export function btoa(input: unknown): string {
  const encoded = encodeLatin1(String(input));
  if (typeof encoded === "number") {
    throw new DOMException("btoa takes characters up to U+00FF only", "InvalidCharacterError");
  }
  const bytes = new Uint8Array(encoded);
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const word = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += ALPHABET[word >> 18]! + ALPHABET[(word >> 12) & 63]!;
    text += left > 1 ? ALPHABET[(word >> 6) & 63]! : "=";
    text += left > 2 ? ALPHABET[word & 63]! : "=";
  }
  return text;
}

export function atob(input: unknown): string {
  let text = String(input).replace(WHITESPACE, "");
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, "");
  if (text.length % 4 === 1 || NOT_IN_ALPHABET.test(text)) {
    throw new DOMException("The text is not valid base64", "InvalidCharacterError");
  }
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    word = ((word << 6) | digitOf.get(text.charCodeAt(index))!) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = (word >> bits) & 0xff;
    }
  }
  return decodeLatin1(bytes);
}

export function defineBase64(): void {
  defineGlobals({ atob, btoa });
}
