/** crypto.getRandomValues and crypto.randomUUID (Web Cryptography, section 10). No `subtle` yet. */
import { toUint8Array } from "./bytes.ts";
import { DOMException } from "./dom-exception.ts";
import { defineGlobals, nameClass } from "./globals.ts";
import { fillRandom } from "./host.ts";

/** The standard's own limit for one call. */
const QUOTA_BYTES = 65536;

class Crypto {
  getRandomValues<T extends ArrayBufferView>(view: T): T {
    const isInteger = ArrayBuffer.isView(view) && !(view instanceof DataView) && !isFloat(view);
    if (!isInteger)
      throw new DOMException("getRandomValues expects an array of integers", "TypeMismatchError");
    if (view.byteLength > QUOTA_BYTES) {
      throw new DOMException(`getRandomValues fills at most ${QUOTA_BYTES} bytes`, "QuotaExceededError");
    }
    fillSurely(toUint8Array(view));
    return view;
  }

  /** Version 4 (RFC 9562, 5.4). */
  randomUUID(): string {
    const bytes = new Uint8Array(16);
    fillSurely(bytes);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      digits.slice(12, 16),
      digits.slice(16, 20),
      digits.slice(20),
    ].join("-");
  }
}
nameClass(Crypto, "Crypto");

function isFloat(view: ArrayBufferView): boolean {
  return view instanceof Float32Array || view instanceof Float64Array;
}

function fillSurely(bytes: Uint8Array): void {
  if (bytes.length > 0 && fillRandom(bytes) < 0) {
    throw new DOMException("This machine has no source of randomness", "OperationError");
  }
}

export function defineCrypto(): void {
  defineGlobals({ Crypto, crypto: new Crypto() });
}
