/** The few forms of DER (X.690) that SubjectPublicKeyInfo (RFC 5280) and PrivateKeyInfo (RFC 5208) are made of. */
import { failure } from "./platform.ts";

export const TAG = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  nothing: 0x05,
  object: 0x06,
  sequence: 0x30,
  context0: 0xa0,
  context1: 0xa1,
} as const;

export function encode(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const size = contents.reduce((sum, one) => sum + one.length, 0);
  const head =
    size < 0x80 ? [tag, size] : size < 0x100 ? [tag, 0x81, size] : [tag, 0x82, size >> 8, size & 0xff];
  const bytes = new Uint8Array(head.length + size);
  bytes.set(head);
  let offset = head.length;
  for (const one of contents) {
    bytes.set(one, offset);
    offset += one.length;
  }
  return bytes;
}

export const integer = (value: number): Uint8Array => encode(TAG.integer, Uint8Array.of(value));
/** A number that is not negative, big-endian. */
export const integerOf = (bytes: Uint8Array): Uint8Array =>
  encode(TAG.integer, ...(bytes[0]! >= 0x80 ? [Uint8Array.of(0)] : []), bytes);
/** A string of whole bytes: none of its last bits are unused. */
export const bits = (bytes: Uint8Array): Uint8Array => encode(TAG.bits, Uint8Array.of(0), bytes);

/** Object identifiers by what they name, as their content's bytes. */
export const OBJECTS: Readonly<Record<string, Uint8Array>> = {
  ec: Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01),
  "P-256": Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07),
  "P-384": Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x22),
  "P-521": Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x23),
  RSA: Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01),
  X25519: Uint8Array.of(0x2b, 0x65, 0x6e),
  X448: Uint8Array.of(0x2b, 0x65, 0x6f),
  Ed25519: Uint8Array.of(0x2b, 0x65, 0x70),
  Ed448: Uint8Array.of(0x2b, 0x65, 0x71),
};

/** Reads one structure after the other; what is not of this form is a DataError. */
export class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  /** Whether a structure with this tag comes next. */
  sees(tag: number): boolean {
    return this.#bytes[this.#position] === tag;
  }

  take(tag: number): Uint8Array {
    const bytes = this.#bytes;
    let length = bytes[this.#position + 1] ?? -1;
    let start = this.#position + 2;
    if (length >= 0x80) {
      const count = length - 0x80;
      if (count < 1 || count > 2) throw malformed();
      length = 0;
      for (let index = 0; index < count; index++) length = length * 256 + (bytes[start++] ?? NaN);
    }
    if (!this.sees(tag) || !(length >= 0) || start + length > bytes.length) throw malformed();
    this.#position = start + length;
    return bytes.subarray(start, start + length);
  }

  inside(tag: number): Reader {
    return new Reader(this.take(tag));
  }

  takeBits(): Uint8Array {
    const content = this.take(TAG.bits);
    if (content[0] !== 0) throw malformed();
    return content.subarray(1);
  }

  requireEnd(): void {
    if (!this.isAtEnd) throw malformed();
  }

  requireObject(name: string): void {
    const found = this.take(TAG.object);
    const wanted = OBJECTS[name]!;
    if (found.length !== wanted.length || found.some((byte, index) => byte !== wanted[index]))
      throw failure("DataError", `The key is not one for ${name}`);
  }
}

export function malformed(): Error {
  return failure("DataError", "The key is not of the form that its format says");
}

/** SubjectPublicKeyInfo with these objects as its algorithm: the public key's bytes. */
export function readPublic(bytes: Uint8Array, objects: readonly string[]): Uint8Array {
  const whole = new Reader(bytes);
  const info = whole.inside(TAG.sequence);
  whole.requireEnd();
  const algorithm = info.inside(TAG.sequence);
  for (const name of objects) algorithm.requireObject(name);
  algorithm.requireEnd();
  const key = info.takeBits();
  info.requireEnd();
  return key;
}

export function writePublic(key: Uint8Array, objects: readonly string[]): Uint8Array {
  return encode(TAG.sequence, algorithmOf(objects), bits(key));
}

/** PrivateKeyInfo: what is inside its octets. */
export function readPrivate(bytes: Uint8Array, objects: readonly string[]): Reader {
  const whole = new Reader(bytes);
  const info = whole.inside(TAG.sequence);
  whole.requireEnd();
  info.take(TAG.integer);
  const algorithm = info.inside(TAG.sequence);
  for (const name of objects) algorithm.requireObject(name);
  algorithm.requireEnd();
  return info.inside(TAG.octets);
}

export function writePrivate(content: Uint8Array, objects: readonly string[]): Uint8Array {
  return encode(TAG.sequence, integer(0), algorithmOf(objects), encode(TAG.octets, content));
}

function algorithmOf(objects: readonly string[]): Uint8Array {
  return encode(TAG.sequence, ...objects.map((name) => encode(TAG.object, OBJECTS[name]!)));
}
