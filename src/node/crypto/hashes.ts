/** The hash functions by Node's names, from the package @noble/hashes. */
import { md5, ripemd160, sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha384, sha512, sha512_256 } from "@noble/hashes/sha2.js";
import { sha256By } from "../../runtime/subtle/sha256.ts";
import { coded } from "../errors.ts";
import { machine } from "../machine.ts";

const sha256 = sha256By((state, blocks) => machine.sha256(state, blocks));

const HASHES = {
  md5,
  ripemd160,
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  "sha512-256": sha512_256,
} as const;

export type HashFunction = typeof sha256;
export type Running = ReturnType<HashFunction["create"]>;

/** `RSA-SHA256` is the name of a signature with that hash; `SHA-256` is the Web's spelling. */
function nameOf(name: string): string {
  const lower = name.toLowerCase().replace(/^rsa-/, "");
  return lower.replace(/^(sha|ripemd)-(\d+)/, "$1$2").replace(/^rmd160$/, "ripemd160");
}

export function getHashes(): string[] {
  return Object.keys(HASHES);
}

export function findHash(name: string): HashFunction | undefined {
  const plain = nameOf(name);
  return Object.hasOwn(HASHES, plain) ? (HASHES[plain as keyof typeof HASHES] as HashFunction) : undefined;
}

export function requireHash(name: string): HashFunction {
  const found = findHash(name);
  if (found === undefined) throw coded(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${name}`);
  return found;
}
