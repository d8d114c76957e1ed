/**
 * node:crypto (Node 20): hashes, HMAC, randomness, keys from passwords, comparing. Ciphers, signatures and key pairs
 * are `crypto.subtle`'s.
 *
 * Tests:  crypto.test.ts, beside Node's own
 */
import { coded, invalidType, notHere } from "./errors.ts";
import { toBytes } from "./crypto/bytes.ts";
import { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from "./crypto/derive.ts";
import { createHash, createHmac, hash, Hash, Hmac } from "./crypto/hash.ts";
import { getHashes } from "./crypto/hashes.ts";
import { createSecretKey, KeyObject } from "./crypto/key-object.ts";
import {
  pseudoRandomBytes,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
} from "./crypto/random.ts";

const VIEWS = ["ArrayBuffer", "Buffer", "TypedArray", "DataView"];

/** Takes as long for equal as for different bytes. */
export function timingSafeEqual(first: unknown, second: unknown): boolean {
  if (typeof first === "string") throw invalidType("buf1", VIEWS, first);
  if (typeof second === "string") throw invalidType("buf2", VIEWS, second);
  const [one, other] = [toBytes(first, "buf1", undefined, VIEWS), toBytes(second, "buf2", undefined, VIEWS)];
  if (one.length !== other.length)
    throw coded(
      RangeError,
      "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
      "Input buffers must have the same byte length",
    );
  let difference = 0;
  for (let index = 0; index < one.length; index++) difference |= one[index]! ^ other[index]!;
  return difference === 0;
}

export const webcrypto = globalThis.crypto;
export const getRandomValues = <T extends ArrayBufferView>(view: T): T =>
  globalThis.crypto.getRandomValues(view as never);
/** Read when it is used: the part of the script behind it is evaluated then. */
const subtle = { get: () => globalThis.crypto.subtle, enumerable: true };

const absent = (name: string) => () => {
  throw notHere(`crypto.${name}`, "crypto.subtle has ciphers, signatures and key pairs");
};
export const createCipheriv = absent("createCipheriv");
export const createDecipheriv = absent("createDecipheriv");
export const createSign = absent("createSign");
export const createVerify = absent("createVerify");
export const createPublicKey = absent("createPublicKey");
export const createPrivateKey = absent("createPrivateKey");
export const generateKeyPairSync = absent("generateKeyPairSync");
export const sign = absent("sign");
export const verify = absent("verify");
export const getCiphers = (): string[] => [];

export {
  createHash,
  createHmac,
  createSecretKey,
  getHashes,
  hash,
  Hash,
  hkdf,
  hkdfSync,
  Hmac,
  KeyObject,
  pbkdf2,
  pbkdf2Sync,
  pseudoRandomBytes,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
};

export default Object.defineProperties(
  {
    Hash,
    Hmac,
    KeyObject,
    createCipheriv,
    createDecipheriv,
    createHash,
    createHmac,
    createPrivateKey,
    createPublicKey,
    createSecretKey,
    createSign,
    createVerify,
    generateKeyPairSync,
    getCiphers,
    getHashes,
    getRandomValues,
    hash,
    hkdf,
    hkdfSync,
    pbkdf2,
    pbkdf2Sync,
    pseudoRandomBytes,
    randomBytes,
    randomFill,
    randomFillSync,
    randomInt,
    randomUUID,
    scrypt,
    scryptSync,
    sign,
    timingSafeEqual,
    verify,
    webcrypto,
  },
  { subtle },
);
