/** SHA-1 and SHA-2 (FIPS 180-4), from the package @noble/hashes. */
import { sha1 } from "@noble/hashes/legacy.js";
import { sha384, sha512 } from "@noble/hashes/sha2.js";
import type { Algorithm } from "./algorithm.ts";
import { failure, having } from "./platform.ts";
import { sha256By } from "./sha256.ts";

const sha256 = sha256By((state, blocks) => having().sha256(state, blocks));

const HASHES = { "SHA-1": sha1, "SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512 };
type HashName = keyof typeof HASHES;
export type Hash = (typeof HASHES)[HashName];

export const hashNamed = (name: string): Hash => HASHES[name as HashName];

/** The name of a `hash` parameter: text, or an object with a name. */
export function hashNameOf(value: unknown): HashName {
  if (value === undefined) throw new TypeError("The algorithm needs a hash");
  const isObject = typeof value === "object" && value !== null;
  const given = isObject ? (value as { name?: unknown }).name : value;
  if (given === undefined) throw new TypeError("A hash needs a name");
  const name = String(given).toUpperCase();
  if (!Object.hasOwn(HASHES, name)) throw failure("NotSupportedError", `There is no hash ${String(given)}`);
  return name as HashName;
}

export const DIGESTS: readonly Algorithm[] = Object.keys(HASHES).map((name) => {
  return { name, digest: (data) => hashNamed(name)(data) };
});
