/** Keys that are plain bytes: how those of AES and HMAC come in and go out. */
import { unsupportedFormat, type Format, type KeyInput } from "./algorithm.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { makeKey, materialOf, type CryptoKey, type KeyAlgorithm, type Usage } from "./crypto-key.ts";
import { requireJwk, type JsonWebKey } from "./jwk.ts";
import { failure } from "./platform.ts";

/** The bytes of a secret; `alg` is what a JSON Web Key must say, given their length in bits. */
export function readSecret(
  { format, bytes, jwk }: KeyInput,
  extractable: boolean,
  usages: readonly Usage[],
  use: "sig" | "enc",
  alg: (bits: number) => string,
): Uint8Array {
  if (format === "raw") return bytes;
  if (format !== "jwk") throw unsupportedFormat(format);
  requireJwk(jwk, "oct", extractable, usages, use);
  const secret = fromBase64url(jwk.k, "The key's k");
  if (jwk.alg !== undefined && jwk.alg !== alg(secret.length * 8))
    throw failure("DataError", `The key's alg must be ${alg(secret.length * 8)}`);
  return secret;
}

export function writeSecret(
  key: CryptoKey,
  format: Format,
  alg: (bits: number) => string,
): Uint8Array | JsonWebKey {
  const { bytes } = materialOf(key);
  if (format === "raw") return bytes.slice();
  if (format !== "jwk") throw unsupportedFormat(format);
  return {
    kty: "oct",
    k: toBase64url(bytes),
    alg: alg(bytes.length * 8),
    key_ops: [...key.usages],
    ext: key.extractable,
  };
}

export function secretKey(
  bytes: Uint8Array,
  algorithm: KeyAlgorithm,
  extractable: boolean,
  usages: readonly Usage[],
): CryptoKey {
  if (usages.length === 0) throw failure("SyntaxError", "A secret key needs a use");
  return makeKey("secret", extractable, algorithm, usages, { bytes });
}
