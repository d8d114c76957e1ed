/** HKDF (RFC 5869), from the package @noble/hashes, and PBKDF2 (RFC 8018). */
import { hkdf } from "@noble/hashes/hkdf.js";
import { unsupportedFormat, type Algorithm, type Parameters } from "./algorithm.ts";
import { makeKey, materialOf, requireUsages } from "./crypto-key.ts";
import { hashNamed, hashNameOf } from "./digest.ts";
import { pbkdf2By } from "./pbkdf2.ts";
import { copyBytes, failure, having, toInteger } from "./platform.ts";

const pbkdf2 = pbkdf2By((state, kind, rounds) => having().stretch(state, kind, rounds));

function requireBytes(length: number | null): number {
  if (length === null || length % 8 !== 0)
    throw failure("OperationError", "The length must be a number of bits that are whole bytes");
  return length / 8;
}

const saltOf = ({ salt }: Parameters): Uint8Array => copyBytes(salt, "The algorithm's salt");

function derivation(name: string, deriveBits: NonNullable<Algorithm["deriveBits"]>): Algorithm {
  return {
    name,
    importKey(_parameters, { format, bytes }, extractable, usages) {
      if (format !== "raw") throw unsupportedFormat(format);
      requireUsages(usages, ["deriveKey", "deriveBits"]);
      if (extractable) throw failure("SyntaxError", `A key for ${name} cannot be extractable`);
      if (usages.length === 0) throw failure("SyntaxError", "A secret key needs a use");
      return makeKey("secret", false, { name }, usages, { bytes });
    },
    deriveBits,
    keyLength: () => null,
  };
}

export const DERIVATIONS: readonly Algorithm[] = [
  derivation("HKDF", (parameters, key, length) => {
    const hash = hashNamed(hashNameOf(parameters["hash"]));
    const salt = saltOf(parameters);
    const info = copyBytes(parameters["info"], "The algorithm's info");
    const size = requireBytes(length);
    if (size > 255 * hash.outputLen) throw failure("OperationError", "HKDF gives no more than 255 hashes");
    return size === 0 ? new Uint8Array(0) : hkdf(hash, materialOf(key).bytes, salt, info, size);
  }),
  derivation("PBKDF2", (parameters, key, length) => {
    const name = hashNameOf(parameters["hash"]);
    const salt = saltOf(parameters);
    const iterations = toInteger(parameters["iterations"], 0xffffffff, "iterations");
    const size = requireBytes(length);
    if (iterations === 0) throw failure("OperationError", "PBKDF2 needs iterations");
    if (size === 0) return new Uint8Array(0);
    return pbkdf2(name, hashNamed(name), materialOf(key).bytes, salt, iterations, size);
  }),
];
