/** crypto (Web Cryptography, section 10): random values and identifiers; `subtle` is a part of the script. */
import { toUint8Array } from "./bytes.ts";
import { DOMException } from "./dom-exception.ts";
import { defineGlobals, defineLazyGlobal, defineScope, nameClass } from "./globals.ts";
import { fillSurely, webCrypto } from "./web-crypto.ts";

/** The standard's own limit for one call. */
const QUOTA_BYTES = 65536;

const OWN = Symbol("own");
let makeCrypto: () => Crypto;

class Crypto {
  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("Illegal constructor");
  }

  static {
    makeCrypto = () => new Crypto(OWN);
  }

  get subtle(): object {
    return webCrypto().subtle;
  }

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
  return /^Float/.test(view.constructor.name);
}

export function defineCrypto(): void {
  defineGlobals({ Crypto });
  defineScope({ crypto: makeCrypto() });
  defineLazyGlobal("CryptoKey", () => webCrypto().CryptoKey);
  defineLazyGlobal("SubtleCrypto", () => webCrypto().SubtleCrypto);
}
