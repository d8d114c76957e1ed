/**
 * RSASSA-PKCS1-v1_5 and RSA-PSS (RFC 8017), the half that needs no secret: public keys, and what they verify.
 *
 * There is no audited package for RSA. What verifies handles nothing but what everybody may know, so no time that it takes
 * tells anything; signing and decrypting are not here for that reason. A signature of PKCS1-v1_5 is compared with the one
 * encoding that it can have, never taken apart: that is where forgeries came in.
 *
 * Tests:  src/faces/js/rsa.test.ts
 */
import { unsupportedFormat, type Algorithm, type KeyInput, type Parameters } from "./algorithm.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { makeKey, materialOf, requireUsages, type CryptoKey, type Material } from "./crypto-key.ts";
import { bits, encode, integerOf, malformed, OBJECTS, Reader, TAG } from "./der.ts";
import { hashNamed, hashNameOf, type Hash } from "./digest.ts";
import { requireJwk, type JsonWebKey } from "./jwk.ts";
import { areEqual, failure, toInteger } from "./platform.ts";

/** What a key may cost whoever verifies with it. */
const MODULUS_BITS_LIMIT = 16384;
const EXPONENT_BYTES_LIMIT = 4;
const SALT_LIMIT = 0xffffffff;
/** DigestInfo (RFC 8017, 9.2) up to the digest: the hash's object, and lengths. */
const DIGEST_INFO: Readonly<Record<string, readonly number[]>> = {
  "SHA-1": [0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 20],
  "SHA-256": [0x30, 0x31, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32],
  "SHA-384": [0x30, 0x41, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 48],
  "SHA-512": [0x30, 0x51, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 64],
};
const FIRST_PSS_BYTES = 8;
const LAST_PSS_BYTE = 0xbc;

/** The modulus, and beside it the exponent: big-endian, without leading zeros. */
type PublicKey = Required<Material>;

function toNumber(bytes: Uint8Array): bigint {
  let digits = "0x0";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return BigInt(digits);
}

function toBytes(number: bigint, length: number): Uint8Array {
  const digits = number.toString(16).padStart(2 * length, "0");
  return Uint8Array.from({ length }, (_, index) => parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : bytes.slice(first);
}

const bitsOf = (modulus: Uint8Array): number => 8 * modulus.length - Math.clz32(modulus[0]!) + 24;

function publicKey(modulus: Uint8Array, exponent: Uint8Array): PublicKey {
  const [bytes, publicBytes] = [withoutZeros(modulus), withoutZeros(exponent)];
  const isKey = bytes.length > 0 && publicBytes.length > 0 && (bytes.at(-1)! & publicBytes.at(-1)! & 1) === 1;
  if (!isKey || (publicBytes.length === 1 && publicBytes[0] === 1))
    throw failure("DataError", "The key is none of RSA");
  if (bitsOf(bytes) > MODULUS_BITS_LIMIT || publicBytes.length > EXPONENT_BYTES_LIMIT)
    throw failure("NotSupportedError", "The key is larger than any that are used");
  return { bytes, publicBytes };
}

/** RSAVP1 (RFC 8017, 5.2.2): the encoded message, as long as the modulus; undefined where it is no signature. */
function open({ bytes, publicBytes }: PublicKey, signature: Uint8Array): bigint | undefined {
  const modulus = toNumber(bytes);
  const base = toNumber(signature);
  if (signature.length !== bytes.length || base >= modulus) return undefined;
  let opened = 1n;
  for (const bit of toNumber(publicBytes).toString(2)) {
    opened = (opened * opened) % modulus;
    if (bit === "1") opened = (opened * base) % modulus;
  }
  return opened;
}

/** EMSA-PKCS1-v1_5 (RFC 8017, 9.2). */
function verifyPkcs1(key: CryptoKey, signature: Uint8Array, data: Uint8Array): boolean {
  const material = materialOf(key) as PublicKey;
  const { name } = key.algorithm.hash!;
  const info = Uint8Array.from([...DIGEST_INFO[name]!, ...hashNamed(name)(data)]);
  const padding = material.bytes.length - info.length - 3;
  const opened = open(material, signature);
  if (padding < 8 || opened === undefined) return false;
  const wanted = new Uint8Array(material.bytes.length).fill(0xff);
  wanted.set([0, 1]);
  wanted[2 + padding] = 0;
  wanted.set(info, 3 + padding);
  return areEqual(toBytes(opened, wanted.length), wanted);
}

/** EMSA-PSS (RFC 8017, 9.1.2). */
function verifyPss(
  { saltLength }: Parameters,
  key: CryptoKey,
  signature: Uint8Array,
  data: Uint8Array,
): boolean {
  const saltSize = toInteger(saltLength, SALT_LIMIT, "The saltLength");
  const material = materialOf(key) as PublicKey;
  const hash = hashNamed(key.algorithm.hash!.name);
  const sizeBits = bitsOf(material.bytes) - 1;
  const size = Math.ceil(sizeBits / 8);
  const hashSize = hash.outputLen;
  const opened = open(material, signature);
  if (opened === undefined || size < hashSize + saltSize + 2 || opened >> BigInt(8 * size) !== 0n)
    return false;
  const message = toBytes(opened, size);
  const maskedSize = size - hashSize - 1;
  const unused = 0xff & ~(0xff >> (8 * size - sizeBits));
  if (message.at(-1) !== LAST_PSS_BYTE || (message[0]! & unused) !== 0) return false;
  const digest = message.subarray(maskedSize, size - 1);
  const mask = generateMask(hash, digest, maskedSize);
  const block = message.subarray(0, maskedSize).map((byte, index) => byte ^ mask[index]!);
  block[0]! &= ~unused;
  const saltAt = maskedSize - saltSize;
  if (block.subarray(0, saltAt - 1).some((byte) => byte !== 0) || block[saltAt - 1] !== 1) return false;
  const salted = new Uint8Array(FIRST_PSS_BYTES + hashSize + saltSize);
  salted.set(hash(data), FIRST_PSS_BYTES);
  salted.set(block.subarray(saltAt), FIRST_PSS_BYTES + hashSize);
  return areEqual(hash(salted), digest);
}

/** MGF1 (RFC 8017, appendix B.2.1). */
function generateMask(hash: Hash, seed: Uint8Array, size: number): Uint8Array {
  const mask = new Uint8Array(size);
  const counted = new Uint8Array(seed.length + 4);
  counted.set(seed);
  for (let at = 0, count = 0; at < size; count++) {
    new DataView(counted.buffer).setUint32(seed.length, count);
    const part = hash(counted).subarray(0, size - at);
    mask.set(part, at);
    at += part.length;
  }
  return mask;
}

/** SubjectPublicKeyInfo with an RSAPublicKey (RFC 8017, appendix A.1.1). */
function readSpki(bytes: Uint8Array): PublicKey {
  const whole = new Reader(bytes);
  const info = whole.inside(TAG.sequence);
  whole.requireEnd();
  const algorithm = info.inside(TAG.sequence);
  algorithm.requireObject("RSA");
  if (algorithm.take(TAG.nothing).length !== 0) throw malformed();
  algorithm.requireEnd();
  const octets = new Reader(info.takeBits());
  info.requireEnd();
  const key = octets.inside(TAG.sequence);
  octets.requireEnd();
  const [modulus, exponent] = [key.take(TAG.integer), key.take(TAG.integer)];
  key.requireEnd();
  if (modulus[0]! >= 0x80 || exponent[0]! >= 0x80) throw malformed();
  return publicKey(modulus, exponent);
}

function writeSpki({ bytes, publicBytes }: PublicKey): Uint8Array {
  const algorithm = encode(TAG.sequence, encode(TAG.object, OBJECTS["RSA"]!), encode(TAG.nothing));
  return encode(
    TAG.sequence,
    algorithm,
    bits(encode(TAG.sequence, integerOf(bytes), integerOf(publicBytes))),
  );
}

const isPrivate = (): Error =>
  failure("NotSupportedError", "RSA private keys are not here: there is no audited package for them");

/** `prefix`: of the names that JSON Web Keys have for its signatures. */
function rsa(name: string, prefix: "RS" | "PS", verify: Required<Algorithm>["verify"]): Algorithm {
  const named = (hash: string) => `${prefix}${hash.slice("SHA-".length)}`;
  const readKey = ({ format, bytes, jwk }: KeyInput, hash: string, check: () => void): PublicKey => {
    if (format === "pkcs8" || (format === "jwk" && jwk.d !== undefined)) throw isPrivate();
    if (format === "raw") throw unsupportedFormat(format);
    check();
    if (format === "spki") return readSpki(bytes);
    if (jwk.alg !== undefined && jwk.alg !== named(hash))
      throw failure("DataError", `The key's alg must be ${named(hash)}`);
    return publicKey(fromBase64url(jwk.n, "The key's n"), fromBase64url(jwk.e, "The key's e"));
  };
  return {
    name,
    importKey(parameters, input, extractable, usages) {
      const hash = hashNameOf(parameters["hash"]);
      const key = readKey(input, hash, () => {
        requireUsages(usages, ["verify"]);
        if (input.format === "jwk") requireJwk(input.jwk, "RSA", extractable, usages, "sig");
      });
      const algorithm = {
        name,
        modulusLength: bitsOf(key.bytes),
        publicExponent: key.publicBytes.slice(),
        hash: { name: hash },
      };
      return makeKey("public", extractable, algorithm, usages, key);
    },
    exportKey(key, format) {
      const material = materialOf(key) as PublicKey;
      if (format === "spki") return writeSpki(material);
      if (format !== "jwk") throw unsupportedFormat(format);
      const [n, e] = [toBase64url(material.bytes), toBase64url(material.publicBytes)];
      const alg = named(key.algorithm.hash!.name);
      return { kty: "RSA", n, e, alg, key_ops: [...key.usages], ext: key.extractable } as JsonWebKey;
    },
    verify,
  };
}

export const RSA: readonly Algorithm[] = [
  rsa("RSASSA-PKCS1-v1_5", "RS", (_, key, signature, data) => verifyPkcs1(key, signature, data)),
  rsa("RSA-PSS", "PS", verifyPss),
];
