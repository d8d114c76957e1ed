/** TextEncoderStream and TextDecoderStream (Encoding Standard, sections 7.4 and 7.5). */
import type { ReadableStream, TransformStream, WritableStream } from "web-streams-polyfill";
import { isBytes, type Bytes } from "./bytes.ts";
import { encode } from "./host.ts";
import { nameClass } from "./globals.ts";
import { streams } from "./streams.ts";
import { TextDecoder, type DecoderOptions } from "./text-coding.ts";

/** U+FFFD in UTF-8. */
const REPLACEMENT = [0xef, 0xbf, 0xbd];

function isLeadSurrogate(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800;
}

/** What every stream has that transforms: two ends. */
export abstract class GenericTransform<I, O> {
  readonly #transform: TransformStream<I, O>;

  constructor(transform: TransformStream<I, O>) {
    this.#transform = transform;
  }

  get readable(): ReadableStream<O> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<I> {
    return this.#transform.writable;
  }
}

class TextEncoderStream extends GenericTransform<unknown, Uint8Array> {
  readonly #encoding = "utf-8";

  constructor() {
    /** The first half of a character whose second half comes with the next chunk. */
    let lead = "";
    super(
      new (streams().TransformStream)<unknown, Uint8Array>({
        transform(chunk, controller) {
          let text = lead + String(chunk);
          lead = "";
          if (isLeadSurrogate(text, text.length - 1)) {
            lead = text.at(-1)!;
            text = text.slice(0, -1);
          }
          if (text !== "") controller.enqueue(new Uint8Array(encode(text)));
        },
        flush(controller) {
          if (lead !== "") controller.enqueue(Uint8Array.from(REPLACEMENT));
        },
      }),
    );
  }

  get encoding(): string {
    return this.#encoding;
  }
}

class TextDecoderStream extends GenericTransform<Bytes, string> {
  readonly #decoder: TextDecoder;

  constructor(label = "utf-8", options?: DecoderOptions) {
    const decoder = new TextDecoder(label, options);
    super(
      new (streams().TransformStream)<Bytes, string>({
        transform(chunk, controller) {
          if (!isBytes(chunk)) throw new TypeError("A TextDecoderStream takes bytes");
          const text = decoder.decode(chunk, { stream: true });
          if (text !== "") controller.enqueue(text);
        },
        flush(controller) {
          const text = decoder.decode();
          if (text !== "") controller.enqueue(text);
        },
      }),
    );
    this.#decoder = decoder;
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }
}

let made: { TextEncoderStream: unknown; TextDecoderStream: unknown } | undefined;

export function textStreams(): { TextEncoderStream: unknown; TextDecoderStream: unknown } {
  if (made !== undefined) return made;
  nameTransform(TextEncoderStream, "TextEncoderStream");
  nameTransform(TextDecoderStream, "TextDecoderStream");
  return (made = { TextEncoderStream, TextDecoderStream });
}

/** An interface of its own: what it shares with others stands on its own prototype. */
export function nameTransform(constructor: { readonly prototype: object }, name: string): void {
  const shared = Object.getOwnPropertyDescriptors(GenericTransform.prototype);
  for (const key of ["readable", "writable"] as const) {
    Object.defineProperty(constructor.prototype, key, shared[key]);
  }
  nameClass(constructor, name);
}
