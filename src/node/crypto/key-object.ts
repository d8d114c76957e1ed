/** KeyObject of node:crypto, for secret keys. */
import type { Buffer } from "../buffer.ts";
import { notHere } from "../errors.ts";
import { inEncoding, toBytes } from "./bytes.ts";

export class KeyObject {
  readonly type = "secret";
  readonly #bytes: Uint8Array;

  constructor(type: string, bytes: Uint8Array) {
    if (type !== "secret") throw notHere(`a ${type} key of node:crypto`, "crypto.subtle has EC keys");
    this.#bytes = Uint8Array.from(bytes);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get symmetricKeySize(): number {
    return this.#bytes.length;
  }

  export(options: { format?: string } = {}): Buffer | object {
    if (options.format !== "jwk") return inEncoding(this.#bytes.slice(), undefined) as Buffer;
    return { kty: "oct", k: inEncoding(this.#bytes, "base64url") };
  }

  equals(other: KeyObject): boolean {
    return (
      this.#bytes.length === other.#bytes.length && this.#bytes.every((byte, at) => byte === other.#bytes[at])
    );
  }

  get [Symbol.toStringTag](): string {
    return "KeyObject";
  }
}

export function createSecretKey(key: unknown, encoding?: unknown): KeyObject {
  return new KeyObject("secret", toBytes(key, "key", encoding));
}
