/** crypto.subtle (Web Cryptography), evaluated when an app first touches it. */
import type * as Subtle from "./parts/subtle.ts";
import { DOMException } from "./dom-exception.ts";
import { nameClass, requireArguments } from "./globals.ts";
import { decode, encode, fillRandom, sha256, stretch } from "./host.ts";
import { Part } from "./host-call.ts";
import { lazyPart } from "./lazy-part.ts";
import { defineClone } from "./structured-clone.ts";

const part = lazyPart<typeof Subtle>(Part.Subtle, "subtle");
type Connected = ReturnType<typeof Subtle.connect>;

let connected: Connected | undefined;

export function webCrypto(): Connected {
  if (connected !== undefined) return connected;
  connected = part().connect({
    DOMException,
    nameClass,
    requireArguments,
    fillRandom: fillSurely,
    sha256,
    stretch,
    encodeUtf8: (text) => new Uint8Array(encode(text)),
    decodeUtf8: (bytes) => decode(bytes, false)!,
  });
  defineClone(connected.CryptoKey, connected.copyOf);
  return connected;
}

/** Never goes on without randomness. */
export function fillSurely(bytes: Uint8Array): void {
  if (bytes.length > 0 && fillRandom(bytes) < 0) {
    throw new DOMException("This machine has no source of randomness", "OperationError");
  }
}
