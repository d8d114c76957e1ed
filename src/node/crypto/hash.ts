/** createHash and createHmac: asked step by step, or as streams. */
import { hmac } from "@noble/hashes/hmac.js";
import type { Buffer } from "../buffer.ts";
import { coded, invalidType, requireString } from "../errors.ts";
import { inEncoding, toBytes } from "./bytes.ts";
import { findHash, requireHash, type Running } from "./hashes.ts";
import { KeyObject } from "./key-object.ts";
import { LazyTransform } from "./lazy-transform.ts";

type Done = (error?: Error | null) => void;

/** What both are: bytes in, one digest out. */
abstract class Digesting extends LazyTransform {
  /** Undefined once the digest was given. */
  protected abstract running: Running | undefined;

  protected abstract again(): Error;

  update(data: unknown, encoding?: unknown): this {
    if (this.running === undefined) throw this.again();
    const accepted = ["string", "Buffer", "TypedArray", "DataView"];
    if (data instanceof ArrayBuffer) throw invalidType("data", accepted, data);
    this.running.update(toBytes(data, "data", encoding, accepted));
    return this;
  }

  protected finish(encoding: unknown): Buffer | string {
    const bytes = this.running!.digest();
    this.running = undefined;
    return inEncoding(bytes, encoding);
  }

  abstract digest(encoding?: unknown): Buffer | string;

  override _transform(piece: unknown, encoding: string, done: Done): void {
    this.update(piece, encoding);
    done();
  }

  override _flush(done: Done): void {
    this.push(this.digest());
    done();
  }
}

export class Hash extends Digesting {
  protected running: Running | undefined;

  constructor(source: string | Running) {
    super();
    this.running = typeof source === "string" ? startHash(source) : source;
  }

  copy(): Hash {
    if (this.running === undefined) throw this.again();
    return new Hash(this.running.clone());
  }

  digest(encoding?: unknown): Buffer | string {
    if (this.running === undefined) throw this.again();
    return this.finish(encoding);
  }

  protected again(): Error {
    return coded(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
  }
}

function startHash(name: string): Running {
  const found = findHash(name);
  if (found === undefined) throw new Error("Digest method not supported");
  return found.create();
}

export class Hmac extends Digesting {
  protected running: Running | undefined;
  #isAsked = false;

  constructor(name: string, key: unknown) {
    super();
    requireString(name, "hmac");
    const bytes = key instanceof KeyObject ? key.bytes : toBytes(key, "key", undefined, KEYS);
    this.running = hmac.create(requireHash(name), bytes) as unknown as Running;
  }

  /** Asked twice it gives nothing, as in Node. */
  digest(encoding?: unknown): Buffer | string {
    if (this.#isAsked) return inEncoding(new Uint8Array(0), encoding);
    this.#isAsked = true;
    return this.finish(encoding);
  }

  protected again(): Error {
    return coded(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
  }
}

const KEYS = ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView", "KeyObject", "CryptoKey"];

export function createHash(name: string): Hash {
  requireString(name, "algorithm");
  return new Hash(name);
}

export function createHmac(name: string, key: unknown): Hmac {
  return new Hmac(name, key);
}

/** In one call (Node 20.12). */
export function hash(name: string, data: unknown, encoding: unknown = "hex"): Buffer | string {
  return createHash(name).update(data).digest(encoding);
}
