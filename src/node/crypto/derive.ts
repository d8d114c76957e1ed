/** Keys from passwords and from other keys. Only the rounds of PBKDF2 are not interpreted. */
import { hkdf as expand } from "@noble/hashes/hkdf.js";
import { scrypt as mix } from "@noble/hashes/scrypt.js";
import { Buffer } from "../buffer.ts";
import { pbkdf2By } from "../../runtime/subtle/pbkdf2.ts";
import { coded, requireFunction, requireInteger, requireString } from "../errors.ts";
import { machine } from "../machine.ts";
import { toBytes } from "./bytes.ts";
import { requireHash } from "./hashes.ts";
import { KeyObject } from "./key-object.ts";

const derive = pbkdf2By((state, kind, rounds) => machine.stretch(state, kind, rounds));

type Done<T> = (error: Error | null, value?: T) => void;

const INTEGER_LIMIT = 2 ** 31 - 1;

/** The same work, its result given to a callback later. */
function later<T>(done: Done<T>, work: () => T): void {
  requireFunction(done, "callback");
  queueMicrotask(() => {
    let result: T;
    try {
      result = work();
    } catch (error) {
      done(error as Error);
      return;
    }
    done(null, result);
  });
}

const bufferOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

export function pbkdf2Sync(
  password: unknown,
  salt: unknown,
  rounds: number,
  length: number,
  digest: string,
): Buffer {
  requireString(digest, "digest");
  const [secret, grain] = [toBytes(password, "password"), toBytes(salt, "salt")];
  requireInteger(rounds, "iterations", 1, INTEGER_LIMIT);
  requireInteger(length, "keylen", 0, INTEGER_LIMIT);
  return bufferOf(derive(digest, requireHash(digest), secret, grain, rounds, length));
}

export function pbkdf2(...values: [unknown, unknown, number, number, string, Done<Buffer>]): void {
  const [password, salt, rounds, length, digest, done] = values;
  later(done, () => pbkdf2Sync(password, salt, rounds, length, digest));
}

interface ScryptOptions {
  readonly N?: number;
  readonly cost?: number;
  readonly r?: number;
  readonly blockSize?: number;
  readonly p?: number;
  readonly parallelization?: number;
  readonly maxmem?: number;
}

const SCRYPT_MEMORY_BYTES = 32 * 1024 * 1024;

export function scryptSync(
  password: unknown,
  salt: unknown,
  length: number,
  options: ScryptOptions = {},
): Buffer {
  const N = options.N ?? options.cost ?? 16384;
  const r = options.r ?? options.blockSize ?? 8;
  const p = options.p ?? options.parallelization ?? 1;
  if (128 * N * r > (options.maxmem ?? SCRYPT_MEMORY_BYTES))
    throw coded(
      RangeError,
      "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
      "Invalid scrypt params: memory limit exceeded",
    );
  requireInteger(length, "keylen", 0, INTEGER_LIMIT);
  const [secret, grain] = [toBytes(password, "password"), toBytes(salt, "salt")];
  return bufferOf(mix(secret, grain, { N, r, p, dkLen: length, maxmem: 2 ** 30 }));
}

export function scrypt(password: unknown, salt: unknown, length: number, ...rest: unknown[]): void {
  const done = rest.pop() as Done<Buffer>;
  later(done, () => scryptSync(password, salt, length, rest[0] as ScryptOptions | undefined));
}

export function hkdfSync(
  digest: string,
  key: unknown,
  salt: unknown,
  info: unknown,
  length: number,
): ArrayBuffer {
  requireString(digest, "digest");
  const secret = key instanceof KeyObject ? key.bytes : toBytes(key, "ikm");
  const [grain, context] = [toBytes(salt, "salt"), toBytes(info, "info")];
  requireInteger(length, "length", 0, INTEGER_LIMIT);
  const made = expand(requireHash(digest), secret, grain, context, length);
  return made.slice().buffer as ArrayBuffer;
}

export function hkdf(...values: [string, unknown, unknown, unknown, number, Done<ArrayBuffer>]): void {
  const [digest, key, salt, info, length, done] = values;
  later(done, () => hkdfSync(digest, key, salt, info, length));
}
