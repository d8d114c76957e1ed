/** HMAC (FIPS 198-1), from the package @noble/hashes. */
import { hmac } from "@noble/hashes/hmac.js";
import type { Algorithm, Parameters } from "./algorithm.ts";
import { materialOf, requireUsages, type CryptoKey, type Usage } from "./crypto-key.ts";
import { hashNamed, hashNameOf } from "./digest.ts";
import { areEqual, failure, randomBytes, toInteger } from "./platform.ts";
import { readSecret, secretKey, writeSecret } from "./secret.ts";

const name = "HMAC";
const USES: readonly Usage[] = ["sign", "verify"];

/** "SHA-256" -> "HS256" */
const algOf = (hash: string): string => `HS${hash.slice("SHA-".length)}`;

function lengthOf({ length, hash }: Parameters): number {
  const hashName = hashNameOf(hash);
  if (length === undefined) return hashNamed(hashName).blockLen * 8;
  const bits = toInteger(length, 0xffffffff, "An HMAC key's length");
  if (bits === 0) throw failure("OperationError", "An HMAC key has bits");
  return bits;
}

function tagOf(key: CryptoKey, data: Uint8Array): Uint8Array {
  return hmac(hashNamed(key.algorithm.hash!.name), materialOf(key).bytes, data);
}

export const HMAC: Algorithm = {
  name,
  generateKey(parameters, extractable, usages) {
    const hash = { name: hashNameOf(parameters["hash"]) };
    requireUsages(usages, USES);
    const length = lengthOf(parameters);
    return secretKey(randomBytes(Math.ceil(length / 8)), { name, length, hash }, extractable, usages);
  },
  importKey(parameters, input, extractable, usages) {
    const hash = { name: hashNameOf(parameters["hash"]) };
    requireUsages(usages, USES);
    const bytes = readSecret(input, extractable, usages, "sig", () => algOf(hash.name));
    const bits = bytes.length * 8;
    const { length: given } = parameters;
    const length = given === undefined ? bits : toInteger(given, 0xffffffff, "An HMAC key's length");
    if (bits === 0 || length > bits || length <= bits - 8)
      throw failure("DataError", `A key of ${length} bits is not one of ${bytes.length} bytes`);
    return secretKey(bytes, { name, length, hash }, extractable, usages);
  },
  exportKey: (key, format) => writeSecret(key, format, () => algOf(key.algorithm.hash!.name)),
  sign: (_parameters, key, data) => tagOf(key, data),
  verify: (_parameters, key, signature, data) => areEqual(tagOf(key, data), signature),
  keyLength: lengthOf,
};
