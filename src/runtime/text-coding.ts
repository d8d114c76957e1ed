/**
 * TextEncoder, TextDecoder and their streams (Encoding Standard, section 7). UTF-8 is the face's work; the tables of
 * all other encodings are a part of the script.
 */
import { isBytes, joinBytes, toUint8Array, type Bytes } from "./bytes.ts";
import { decoderOf, encodingNamed, type Decoder } from "./encodings.ts";
import { toDictionary } from "./event.ts";
import { decode, encode } from "./host.ts";
import { defineGlobals, defineLazyGlobal, nameClass, requireArguments } from "./globals.ts";
import { textStreams } from "./text-streams.ts";

const UTF8 = "utf-8";
const LABELS = new Set([
  "unicode-1-1-utf-8",
  "unicode11utf8",
  "unicode20utf8",
  UTF8,
  "utf8",
  "x-unicode20utf8",
]);
const ASCII_SPACE_AROUND = /^[\t\n\f\r ]+|[\t\n\f\r ]+$/g;
const BYTE_ORDER_MARK = 0xfeff;
const NOTHING = new Uint8Array(0);

export class TextEncoder {
  readonly #encoding = UTF8;

  get encoding(): string {
    return this.#encoding;
  }

  encode(text?: string): Uint8Array {
    void this.#encoding;
    return text === undefined ? new Uint8Array(0) : new Uint8Array(encode(String(text)));
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    requireArguments(arguments, 2, "encodeInto");
    if (!(target instanceof Uint8Array)) throw new TypeError("encodeInto writes into a Uint8Array");
    const source = String(text);
    const all = this.encode(source);
    if (all.length <= target.length) {
      target.set(all);
      return { read: source.length, written: all.length };
    }
    // Only whole characters: step back from the cut to the start of one.
    let written = target.length;
    while (written > 0 && (all[written]! & 0xc0) === 0x80) written--;
    const fitting = all.subarray(0, written);
    target.set(fitting);
    return { read: decode(fitting, false)!.length, written };
  }
}
nameClass(TextEncoder, "TextEncoder");
Object.defineProperty(TextEncoder.prototype.encode, "length", { value: 0 });

export interface DecoderOptions {
  fatal?: boolean;
  ignoreBOM?: boolean;
}

/** UTF-8, piece by piece. */
class Utf8Decoder {
  readonly #fatal: boolean;
  readonly #ignoreBOM: boolean;
  /** The begun character that a streamed piece ended with. */
  #rest = NOTHING;
  #isStarted = false;

  constructor(fatal: boolean, ignoreBOM: boolean) {
    this.#fatal = fatal;
    this.#ignoreBOM = ignoreBOM;
  }

  decode(input: Uint8Array, { stream }: { stream: boolean }): string {
    const bytes = this.#rest.length > 0 ? joinBytes([this.#rest, input]) : input;
    const whole = stream ? bytes.length - begunLength(bytes) : bytes.length;
    this.#rest = whole === bytes.length ? NOTHING : bytes.slice(whole);
    let text = decode(whole === bytes.length ? bytes : bytes.subarray(0, whole), this.#fatal);
    if (text === undefined) {
      this.#rest = NOTHING;
      this.#isStarted = stream && this.#isStarted;
      throw new TypeError("The bytes are not valid UTF-8");
    }
    if (!this.#isStarted && !this.#ignoreBOM && text.charCodeAt(0) === BYTE_ORDER_MARK) text = text.slice(1);
    this.#isStarted = stream && (this.#isStarted || whole > 0);
    return text;
  }
}

export class TextDecoder {
  readonly #encoding: string;
  readonly #fatal: boolean;
  readonly #ignoreBOM: boolean;
  #decoder: Utf8Decoder | Decoder | undefined;

  constructor(label: string = UTF8, options?: DecoderOptions) {
    const text = String(label).replace(ASCII_SPACE_AROUND, "").toLowerCase();
    const { fatal, ignoreBOM } = toDictionary(options, "A TextDecoder's second argument");
    const encoding = LABELS.has(text) ? UTF8 : encodingNamed(text);
    if (encoding === undefined) throw new RangeError(`${JSON.stringify(label)} is no encoding's label`);
    this.#encoding = encoding;
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
  }

  get encoding(): string {
    return this.#encoding;
  }

  get fatal(): boolean {
    return this.#fatal;
  }

  get ignoreBOM(): boolean {
    return this.#ignoreBOM;
  }

  decode(input?: Bytes, options?: { stream?: boolean }): string {
    if (input !== undefined && !isBytes(input)) throw new TypeError("TextDecoder.decode expects bytes");
    const stream = Boolean(toDictionary(options, "decode's second argument").stream);
    this.#decoder ??=
      this.#encoding === UTF8
        ? new Utf8Decoder(this.#fatal, this.#ignoreBOM)
        : decoderOf(this.#encoding, this.#fatal, this.#ignoreBOM);
    return this.#decoder.decode(input === undefined ? NOTHING : toUint8Array(input), { stream });
  }
}
nameClass(TextDecoder, "TextDecoder");
Object.defineProperty(TextDecoder.prototype.decode, "length", { value: 0 });

/** How many bytes at the end begin a character that may still be completed. */
function begunLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0xc2 || byte > 0xf4 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back && isPrefix(bytes, bytes.length - back) ? back : 0;
  }
  return 0;
}

/** Whether a second byte, if there is one, can follow the first (no overlong form, no surrogate). */
function isPrefix(bytes: Uint8Array, at: number): boolean {
  const second = bytes[at + 1];
  if (second === undefined) return true;
  const first = bytes[at]!;
  const lower = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const upper = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return second >= lower && second <= upper;
}

export function defineTextCoding(): void {
  defineGlobals({ TextEncoder, TextDecoder });
  defineLazyGlobal("TextEncoderStream", () => textStreams().TextEncoderStream);
  defineLazyGlobal("TextDecoderStream", () => textStreams().TextDecoderStream);
}
