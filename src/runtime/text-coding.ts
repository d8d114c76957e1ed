/** TextEncoder and TextDecoder (Encoding Standard, section 7), for UTF-8; the face does the work. */
import { isBytes, joinBytes, toUint8Array, type Bytes } from "./bytes.ts";
import { decode, encode } from "./host.ts";
import { defineGlobals, nameClass } from "./globals.ts";

const LABELS = new Set([
  "unicode-1-1-utf-8",
  "unicode11utf8",
  "unicode20utf8",
  "utf-8",
  "utf8",
  "x-unicode20utf8",
]);
const BYTE_ORDER_MARK = 0xfeff;

class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(text: unknown = ""): Uint8Array {
    return new Uint8Array(encode(String(text)));
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
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

class TextDecoder {
  readonly #fatal: boolean;
  readonly #ignoreBOM: boolean;
  /** The begun character that a streamed piece ended with. */
  #rest = new Uint8Array(0);
  #isStarted = false;

  constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!LABELS.has(String(label).trim().toLowerCase())) {
      throw new RangeError(`The encoding ${JSON.stringify(label)} is not supported: only UTF-8 is`);
    }
    this.#fatal = options.fatal === true;
    this.#ignoreBOM = options.ignoreBOM === true;
  }

  get encoding(): string {
    return "utf-8";
  }

  get fatal(): boolean {
    return this.#fatal;
  }

  get ignoreBOM(): boolean {
    return this.#ignoreBOM;
  }

  decode(input?: Bytes, options: { stream?: boolean } = {}): string {
    if (input !== undefined && !isBytes(input)) throw new TypeError("TextDecoder.decode expects bytes");
    let bytes = input === undefined ? new Uint8Array(0) : toUint8Array(input);
    if (this.#rest.length > 0) bytes = joinBytes([this.#rest, bytes]);
    const whole = options.stream === true ? bytes.length - begunLength(bytes) : bytes.length;
    this.#rest = bytes.slice(whole);
    let text = decode(whole === bytes.length ? bytes : bytes.subarray(0, whole), this.#fatal);
    if (text === undefined) {
      this.#rest = new Uint8Array(0);
      this.#isStarted = false;
      throw new TypeError("The bytes are not valid UTF-8");
    }
    if (!this.#isStarted && !this.#ignoreBOM && text.charCodeAt(0) === BYTE_ORDER_MARK) text = text.slice(1);
    this.#isStarted = options.stream === true && (this.#isStarted || whole > 0);
    return text;
  }
}
nameClass(TextDecoder, "TextDecoder");

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
}
