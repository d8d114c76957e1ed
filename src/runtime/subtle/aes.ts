/** AES in its modes CBC, CTR, GCM and KW (NIST SP 800-38, RFC 3394), from the package @noble/ciphers. */
import { aeskw, cbc, ctr, gcm } from "@noble/ciphers/aes.js";
import type { Algorithm, Parameters } from "./algorithm.ts";
import { materialOf, requireUsages, type CryptoKey, type Usage } from "./crypto-key.ts";
import { areEqual, copyBytes, failure, randomBytes, toInteger } from "./platform.ts";
import { readSecret, secretKey, writeSecret } from "./secret.ts";

const LENGTHS = [128, 192, 256];
const BLOCK_BYTES = 16;
const TAG_LENGTHS = [32, 64, 96, 104, 112, 120, 128];
const FULL_TAG = 128;

const keyOf = (key: CryptoKey): Uint8Array => materialOf(key).bytes;

function lengthOf({ length }: Parameters): number {
  const bits = toInteger(length, 0xffff, "An AES key's length");
  if (!LENGTHS.includes(bits)) throw failure("OperationError", `There are no AES keys of ${bits} bits`);
  return bits;
}

/** What the package throws says nothing that an app may know. */
function attempt(work: () => Uint8Array): Uint8Array {
  try {
    return work();
  } catch {
    throw failure("OperationError", "The operation failed");
  }
}

function keysOf(name: string, mode: string, usages: readonly Usage[]): Algorithm {
  const alg = (bits: number) => `A${bits}${mode}`;
  return {
    name,
    generateKey(parameters, extractable, wanted) {
      requireUsages(wanted, usages);
      const length = lengthOf(parameters);
      return secretKey(randomBytes(length / 8), { name, length }, extractable, wanted);
    },
    importKey(_parameters, input, extractable, wanted) {
      requireUsages(wanted, usages);
      const bytes = readSecret(input, extractable, wanted, "enc", alg);
      const length = bytes.length * 8;
      if (!LENGTHS.includes(length)) throw failure("DataError", `There are no AES keys of ${length} bits`);
      return secretKey(bytes, { name, length }, extractable, wanted);
    },
    exportKey: (key, format) => writeSecret(key, format, alg),
    keyLength: lengthOf,
  };
}

const CIPHER_USAGES: readonly Usage[] = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];

function ivOf({ iv }: Parameters): Uint8Array {
  return copyBytes(iv, "The algorithm's iv");
}

function cbcWith(parameters: Parameters, key: CryptoKey): ReturnType<typeof cbc> {
  const iv = ivOf(parameters);
  if (iv.length !== BLOCK_BYTES) throw failure("OperationError", "AES-CBC needs an iv of 16 bytes");
  return cbc(keyOf(key), iv);
}

/** The counter is the block's last `length` bits, and wraps inside them. */
function counterMode(parameters: Parameters, key: CryptoKey, data: Uint8Array): Uint8Array {
  const counter = copyBytes(parameters["counter"], "The algorithm's counter");
  const length = toInteger(parameters["length"], 0xff, "The counter's length");
  if (counter.length !== BLOCK_BYTES || length < 1 || length > 128)
    throw failure("OperationError", "AES-CTR needs a counter of 16 bytes, of which 1 to 128 bits count");
  const whole = counter.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const size = 1n << BigInt(length);
  const blocksLeft = size - (whole % size);
  const blocks = BigInt(Math.ceil(data.length / BLOCK_BYTES));
  if (blocks > size) throw failure("OperationError", "The counter is too short for so much data");
  if (blocks <= blocksLeft) return ctr(keyOf(key), counter).encrypt(data);
  const cut = Number(blocksLeft) * BLOCK_BYTES;
  const wrapped = toBlock(whole - (whole % size));
  const result = new Uint8Array(data.length);
  result.set(ctr(keyOf(key), counter).encrypt(data.subarray(0, cut)));
  result.set(ctr(keyOf(key), wrapped).encrypt(data.subarray(cut)), cut);
  return result;
}

function toBlock(value: bigint): Uint8Array {
  return Uint8Array.from({ length: BLOCK_BYTES }, (_, index) =>
    Number((value >> BigInt(8 * (BLOCK_BYTES - 1 - index))) & 0xffn),
  );
}

function gcmWith(
  parameters: Parameters,
  key: CryptoKey,
): { cipher: ReturnType<typeof gcm>; tagBytes: number } {
  const iv = ivOf(parameters);
  const { additionalData, tagLength } = parameters;
  const added = additionalData === undefined ? undefined : copyBytes(additionalData, "additionalData");
  const tag = tagLength === undefined ? FULL_TAG : toInteger(tagLength, 0xff, "tagLength");
  if (!TAG_LENGTHS.includes(tag)) throw failure("OperationError", `AES-GCM has no tags of ${tag} bits`);
  return { cipher: gcm(keyOf(key), iv, added), tagBytes: tag / 8 };
}

function sealGcm(parameters: Parameters, key: CryptoKey, data: Uint8Array): Uint8Array {
  const { cipher, tagBytes } = gcmWith(parameters, key);
  return attempt(() => cipher.encrypt(data)).slice(0, data.length + tagBytes);
}

function openGcm(parameters: Parameters, key: CryptoKey, data: Uint8Array): Uint8Array {
  const { cipher, tagBytes } = gcmWith(parameters, key);
  if (data.length < tagBytes) throw failure("OperationError", "The data is shorter than its tag");
  if (tagBytes * 8 === FULL_TAG) return attempt(() => cipher.decrypt(data));
  // The package knows whole tags only: the mode's stream undoes itself, and the tag is made anew and compared.
  const size = data.length - tagBytes;
  const text = attempt(() => gcmWith(parameters, key).cipher.encrypt(data.subarray(0, size))).slice(0, size);
  const tag = attempt(() => cipher.encrypt(text)).subarray(size, size + tagBytes);
  if (!areEqual(tag, data.subarray(size))) throw failure("OperationError", "The operation failed");
  return text;
}

export const AES: readonly Algorithm[] = [
  {
    ...keysOf("AES-CBC", "CBC", CIPHER_USAGES),
    encrypt: (parameters, key, data) => cbcWith(parameters, key).encrypt(data),
    decrypt(parameters, key, data) {
      const cipher = cbcWith(parameters, key);
      return attempt(() => cipher.decrypt(data));
    },
  },
  { ...keysOf("AES-CTR", "CTR", CIPHER_USAGES), encrypt: counterMode, decrypt: counterMode },
  { ...keysOf("AES-GCM", "GCM", CIPHER_USAGES), encrypt: sealGcm, decrypt: openGcm },
  {
    ...keysOf("AES-KW", "KW", ["wrapKey", "unwrapKey"]),
    wrapKey: (_parameters, key, data) => attempt(() => aeskw(keyOf(key)).encrypt(data)),
    unwrapKey: (_parameters, key, data) => attempt(() => aeskw(keyOf(key)).decrypt(data)),
  },
];
