/** What ECDH and X25519 have in common: two keys of one kind, and how many bits of their secret are wanted. */
import type { Parameters } from "./algorithm.ts";
import { CryptoKey, materialOf } from "./crypto-key.ts";
import { failure } from "./platform.ts";

export function sharedBits(
  { public: other }: Parameters,
  key: CryptoKey,
  length: number | null,
  share: (secret: Uint8Array, other: Uint8Array) => Uint8Array,
): Uint8Array {
  if (!(other instanceof CryptoKey)) throw new TypeError("The algorithm needs the other's public key");
  if (key.type !== "private") throw failure("InvalidAccessError", "Bits are derived from a private key");
  if (other.type !== "public") throw failure("InvalidAccessError", "The other's key must be a public one");
  const { name, namedCurve } = key.algorithm;
  if (other.algorithm.name !== name || other.algorithm.namedCurve !== namedCurve)
    throw failure("InvalidAccessError", "The two keys are not of one kind");
  let secret: Uint8Array;
  try {
    secret = share(materialOf(key).bytes, materialOf(other).bytes);
  } catch {
    throw failure("OperationError", "The two keys give no secret");
  }
  if (length === null) return secret.slice();
  if (length > secret.length * 8) throw failure("OperationError", `There are only ${secret.length * 8} bits`);
  const bytes = secret.slice(0, Math.ceil(length / 8));
  const unused = bytes.length * 8 - length;
  if (unused > 0) bytes[bytes.length - 1]! &= 0xff << unused;
  return bytes;
}
