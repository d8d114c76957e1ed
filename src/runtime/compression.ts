/** CompressionStream and DecompressionStream (Compression Standard), on pako, a port of zlib. */
import type * as Pako from "pako";
import { isBytes, toUint8Array, type Bytes } from "./bytes.ts";
import { defineLazyGlobal, requireArguments } from "./globals.ts";
import { Part } from "./host-call.ts";
import { lazyPart } from "./lazy-part.ts";
import { streams } from "./streams.ts";
import { GenericTransform, nameTransform } from "./text-streams.ts";

const pako = lazyPart<typeof Pako>(Part.Compression, "CompressionStream");

/** zlib's way to say which frame stands around the data. */
const WINDOW_BITS: ReadonlyMap<string, number> = new Map([
  ["deflate", 15],
  ["deflate-raw", -15],
  ["gzip", 31],
]);
const NO_FLUSH = 0;
/** What is expanded goes on at once, not only when a buffer is full. */
const SYNC_FLUSH = 2;
const FINISH = 4;
const STREAM_END = 1;

function windowBitsOf(format: unknown): number {
  const bits = WINDOW_BITS.get(String(format));
  if (bits === undefined) throw new TypeError(`${String(format)} is no format of compression`);
  return bits;
}

function requireChunk(chunk: unknown): Uint8Array {
  if (!isBytes(chunk) || isShared(chunk)) throw new TypeError("A chunk to compress or expand must be bytes");
  return toUint8Array(chunk);
}

/** How much of the last chunk lies behind the end. */
function unreadOf(inflate: Pako.Inflate): number {
  return (inflate as unknown as { readonly strm: { readonly avail_in: number } }).strm.avail_in;
}

function isShared(bytes: Bytes): boolean {
  return (ArrayBuffer.isView(bytes) ? bytes.buffer : bytes) instanceof SharedArrayBuffer;
}

class CompressionStream extends GenericTransform<Bytes, Uint8Array> {
  constructor(format: string) {
    requireArguments(arguments, 1, "CompressionStream");
    const deflate = new (pako().Deflate)({ windowBits: windowBitsOf(format) });
    super(
      new (streams().TransformStream)<Bytes, Uint8Array>({
        start(controller) {
          deflate.onData = (piece: Uint8Array) => controller.enqueue(piece.slice());
        },
        transform(chunk) {
          if (!deflate.push(requireChunk(chunk), NO_FLUSH))
            throw new TypeError(`Compressing failed: ${deflate.msg}`);
        },
        flush() {
          if (!deflate.push(new Uint8Array(0), FINISH))
            throw new TypeError(`Compressing failed: ${deflate.msg}`);
        },
      }),
    );
  }
}

class DecompressionStream extends GenericTransform<Bytes, Uint8Array> {
  constructor(format: string) {
    requireArguments(arguments, 1, "DecompressionStream");
    const inflate = new (pako().Inflate)({ windowBits: windowBitsOf(format) });
    super(
      new (streams().TransformStream)<Bytes, Uint8Array>({
        start(controller) {
          inflate.onData = (piece: Uint8Array) => controller.enqueue(piece.slice());
          inflate.onEnd = () => {};
        },
        transform(chunk) {
          const bytes = requireChunk(chunk);
          if (bytes.length === 0) return;
          if (inflate.ended) throw new TypeError("There is data behind the end of what was compressed");
          if (!inflate.push(bytes, SYNC_FLUSH) && inflate.err !== STREAM_END)
            throw new TypeError(`The data is not of this format: ${inflate.msg}`);
          if (inflate.ended && unreadOf(inflate) > 0)
            throw new TypeError("There is data behind the end of what was compressed");
        },
        flush() {
          if (!inflate.ended) throw new TypeError("The data ends before what was compressed does");
        },
      }),
    );
  }
}

export function defineCompression(): void {
  const define = (name: string, constructor: { readonly prototype: object }) =>
    defineLazyGlobal(name, () => {
      nameTransform(constructor, name);
      return constructor;
    });
  define("CompressionStream", CompressionStream);
  define("DecompressionStream", DecompressionStream);
}
