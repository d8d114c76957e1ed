/** What the URL parser needs of UTF-8, in place of its own `lib/encoding.js`. */
import { decode, encode } from "./host.ts";

export function utf8Encode(text: string): Uint8Array {
  return new Uint8Array(encode(text));
}

export function utf8DecodeWithoutBOM(bytes: Uint8Array): string {
  return decode(bytes, false)!;
}
