/**
 * node:string_decoder (Node 20): text from bytes that come in pieces, no character cut in two.
 *
 * Tests:  util.test.ts, beside Node's own
 */
import { Buffer } from "./buffer.ts";
import { encodingOf, type Encoding } from "./buffer-encodings.ts";
import { invalidType, unknownEncoding } from "./errors.ts";

/** How many bytes at the end begin what is not whole yet. */
type Begun = (bytes: Uint8Array) => number;

const BEGUN: Readonly<Record<string, Begun>> = {
  utf8: begunCharacter,
  utf16le(bytes) {
    const odd = bytes.length % 2;
    // The first half of a pair waits for the second.
    const high = bytes[bytes.length - odd - 1];
    return high !== undefined && high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
  },
  base64: (bytes) => bytes.length % 3,
  base64url: (bytes) => bytes.length % 3,
};

function begunCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0xc2 || byte > 0xf4 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? back : 0;
  }
  return 0;
}

interface Decoder {
  encoding: string;
  write(bytes: Uint8Array | string): string;
  end(bytes?: Uint8Array | string): string;
  readonly lastNeed: number;
}

interface State extends Decoder {
  _coding: Encoding;
  _rest: Uint8Array;
}

/** A function, as `StringDecoder.call(this)` is how older packages extend it. */
function StringDecoderOf(this: State, encoding?: unknown): void {
  const coding = encodingOf(encoding);
  if (coding === undefined) throw unknownEncoding(encoding);
  this.encoding = coding.name;
  Object.defineProperty(this, "_coding", { value: coding });
  Object.defineProperty(this, "_rest", { value: Buffer.alloc(0), writable: true });
}

Object.assign(StringDecoderOf.prototype as object, {
  write(this: State, given: Uint8Array | string): string {
    if (typeof given === "string") return given;
    if (!ArrayBuffer.isView(given)) throw invalidType("buf", ["Buffer", "TypedArray", "DataView"], given);
    const piece = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    const bytes = this._rest.length > 0 ? Buffer.concat([this._rest, piece]) : piece;
    const whole = bytes.length - (BEGUN[this._coding.name]?.(bytes) ?? 0);
    this._rest = Uint8Array.from(bytes.subarray(whole));
    return whole === 0 ? "" : this._coding.decode(whole === bytes.length ? bytes : bytes.subarray(0, whole));
  },

  end(this: State, given?: Uint8Array | string): string {
    const text = given === undefined ? "" : this.write(given);
    const rest = this._rest;
    this._rest = Buffer.alloc(0);
    return rest.length === 0 ? text : text + this._coding.decode(rest);
  },

  text(this: State, given: Uint8Array, offset: number): string {
    this._rest = Buffer.alloc(0);
    return this.write(given.subarray(offset));
  },
});

export const StringDecoder = StringDecoderOf as unknown as new (encoding?: unknown) => Decoder;
Object.defineProperty(StringDecoder, "name", { value: "StringDecoder" });

export default { StringDecoder };
