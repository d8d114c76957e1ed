/** CryptoKey (Web Cryptography, section 13), and the usages that keys have. */
import { failure } from "./platform.ts";

export type KeyType = "public" | "private" | "secret";
export const USAGES = [
  "encrypt",
  "decrypt",
  "sign",
  "verify",
  "deriveKey",
  "deriveBits",
  "wrapKey",
  "unwrapKey",
] as const;
export type Usage = (typeof USAGES)[number];

export interface KeyAlgorithm {
  readonly name: string;
  readonly length?: number;
  readonly hash?: { readonly name: string };
  readonly namedCurve?: string;
  readonly modulusLength?: number;
  readonly publicExponent?: Uint8Array;
}

/** What a key is made of: the bytes of a secret, a private or a public key; of a private one, its public bytes too. */
export interface Material {
  readonly bytes: Uint8Array;
  readonly publicBytes?: Uint8Array;
}

const OWN = Symbol("own");

export let materialOf: (key: CryptoKey) => Material;
export let makeKey: (
  type: KeyType,
  extractable: boolean,
  algorithm: KeyAlgorithm,
  usages: readonly Usage[],
  material: Material,
) => CryptoKey;

export class CryptoKey {
  #type: KeyType = "secret";
  #extractable = false;
  #algorithm: KeyAlgorithm = { name: "" };
  #usages: readonly Usage[] = [];
  #material: Material = { bytes: new Uint8Array(0) };

  constructor(own?: symbol) {
    if (own !== OWN) throw new TypeError("Illegal constructor: a CryptoKey comes from crypto.subtle");
  }

  static {
    materialOf = (key) => key.#material;
    makeKey = (type, extractable, algorithm, usages, material) => {
      const key = new CryptoKey(OWN);
      key.#type = type;
      key.#extractable = extractable;
      key.#algorithm = algorithm;
      key.#usages = USAGES.filter((usage) => usages.includes(usage));
      key.#material = material;
      return key;
    };
  }

  get type(): KeyType {
    return this.#type;
  }

  get extractable(): boolean {
    return this.#extractable;
  }

  get algorithm(): KeyAlgorithm {
    return this.#algorithm;
  }

  get usages(): readonly Usage[] {
    return this.#usages;
  }
}

/** The usages that an app asks for; none but `allowed`. */
export function requireUsages(usages: readonly Usage[], allowed: readonly Usage[]): void {
  for (const usage of usages) {
    if (!allowed.includes(usage)) throw failure("SyntaxError", `Such a key has no use for ${usage}`);
  }
}
