/** An algorithm as this folder has it: one object of the operations that there are, and how names find it. */
import type { CryptoKey, Usage } from "./crypto-key.ts";
import type { JsonWebKey } from "./jwk.ts";
import { failure } from "./platform.ts";

export type Format = "raw" | "pkcs8" | "spki" | "jwk";
/** As an app gave it, with the name as the standard writes it. */
export type Parameters = Readonly<Record<string, unknown>> & { readonly name: string };

export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** How a key comes in: bytes, or for "jwk" an object. */
export interface KeyInput {
  readonly format: Format;
  readonly bytes: Uint8Array;
  readonly jwk: JsonWebKey;
}

type Cipher = (parameters: Parameters, key: CryptoKey, data: Uint8Array) => Uint8Array;

export interface Algorithm {
  readonly name: string;
  digest?(data: Uint8Array): Uint8Array;
  generateKey?(parameters: Parameters, extractable: boolean, usages: readonly Usage[]): CryptoKey | KeyPair;
  importKey?(
    parameters: Parameters,
    input: KeyInput,
    extractable: boolean,
    usages: readonly Usage[],
  ): CryptoKey;
  exportKey?(key: CryptoKey, format: Format): Uint8Array | JsonWebKey;
  sign?: Cipher;
  verify?(parameters: Parameters, key: CryptoKey, signature: Uint8Array, data: Uint8Array): boolean;
  encrypt?: Cipher;
  decrypt?: Cipher;
  wrapKey?: Cipher;
  unwrapKey?: Cipher;
  /** `length` in bits; null: as many as there are. */
  deriveBits?(parameters: Parameters, key: CryptoKey, length: number | null): Uint8Array;
  /** How many bits a key derived for this algorithm has; null: as many as there are. */
  keyLength?(parameters: Parameters): number | null;
}

export type Operation = Exclude<keyof Algorithm, "name">;

export function unsupportedFormat(format: string): Error {
  return failure("NotSupportedError", `Such a key has no form ${format}`);
}
