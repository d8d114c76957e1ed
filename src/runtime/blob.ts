/** Blob and File (File API, sections 3 and 4): bytes that do not change, in pieces that are shared, not copied. */
import type { ReadableStream } from "web-streams-polyfill";
import { isBytes, joinBytes, toUint8Array, type Bytes } from "./bytes.ts";
import { toDictionary } from "./event.ts";
import { defineGlobals, nameClass, requireArguments } from "./globals.ts";
import { decode, encode, realtime } from "./host.ts";
import { streams } from "./streams.ts";
import { defineClone } from "./structured-clone.ts";

export type BlobPart = string | Bytes | Blob;

export interface BlobOptions {
  type?: string;
  endings?: "transparent" | "native";
}

/** A type that has other characters counts as none. */
const TYPE = /^[\x20-\x7e]*$/;
/** A stream's chunks are at most this large. */
const CHUNK_BYTES = 65536;

/** The bytes, in pieces. Not to be written to. */
export let piecesOf: (blob: Blob) => readonly Uint8Array[];
let makeBlob: (pieces: readonly Uint8Array[], type: string) => Blob;

export class Blob {
  #pieces: readonly Uint8Array[] = [];
  #type = "";

  constructor(parts?: Iterable<BlobPart>, options?: BlobOptions) {
    // In the order of Web IDL: all parts become what they count as before an option is read.
    const list = parts === undefined ? [] : partsOf(parts);
    const given = toDictionary(options, "A Blob's second argument");
    const endings = given.endings === undefined ? "transparent" : String(given.endings);
    if (endings !== "transparent" && endings !== "native")
      throw new TypeError(`${endings} is no kind of line ending`);
    const type = given.type === undefined ? "" : String(given.type);
    this.#pieces = list.flatMap((part) => piecesOfPart(part, endings));
    this.#type = TYPE.test(type) ? type.toLowerCase() : "";
  }

  static {
    piecesOf = (blob) => blob.#pieces;
    makeBlob = (pieces, type) => {
      const blob = new Blob();
      blob.#pieces = pieces;
      blob.#type = type;
      return blob;
    };
  }

  get size(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  get type(): string {
    return this.#type;
  }

  slice(start?: number, end?: number, type?: string): Blob {
    const { size } = this;
    const first = position(start, 0, size);
    const last = Math.max(first, position(end, size, size));
    const pieces: Uint8Array[] = [];
    let offset = 0;
    for (const piece of this.#pieces) {
      const from = Math.max(first - offset, 0);
      const to = Math.min(last - offset, piece.length);
      if (from < to) pieces.push(piece.subarray(from, to));
      offset += piece.length;
    }
    const named = type === undefined ? "" : String(type);
    return makeBlob(pieces, TYPE.test(named) ? named.toLowerCase() : "");
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const waiting = this.#pieces.flatMap(cut);
    return new (streams().ReadableStream)({
      type: "bytes",
      pull(controller) {
        const next = waiting.shift();
        if (next !== undefined) controller.enqueue(next.slice());
        else {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
    });
  }

  async text(): Promise<string> {
    return decode(joinBytes(this.#pieces), false)!;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return joinBytes(this.#pieces).slice().buffer as ArrayBuffer;
  }

  async bytes(): Promise<Uint8Array> {
    return joinBytes(this.#pieces).slice();
  }
}
nameClass(Blob, "Blob");
Object.defineProperty(Blob, "length", { value: 0 });
Object.defineProperty(Blob.prototype.slice, "length", { value: 0 });
defineClone(Blob, (blob) => {
  const pieces = piecesOf(blob);
  return () => makeBlob(pieces, blob.type);
});

function requireSequence(parts: unknown): void {
  if (parts === null || (typeof parts !== "object" && typeof parts !== "function"))
    throw new TypeError("A Blob is made of a sequence of parts");
  if (typeof (parts as Iterable<unknown>)[Symbol.iterator] !== "function")
    throw new TypeError("A Blob is made of a sequence of parts");
}

function partsOf(parts: Iterable<unknown>): BlobPart[] {
  requireSequence(parts);
  const list: BlobPart[] = [];
  for (const part of parts) list.push(part instanceof Blob || isBytes(part) ? part : String(part));
  return list;
}

function piecesOfPart(part: BlobPart, endings: string): readonly Uint8Array[] {
  if (part instanceof Blob) return piecesOf(part);
  if (isBytes(part)) return [toUint8Array(part).slice()];
  const text = part;
  return [new Uint8Array(encode(endings === "native" ? text.replace(/\r\n?/g, "\n") : text))];
}

/** Web IDL's [Clamp] long long, counted from the end where it is negative. */
function position(value: number | undefined, otherwise: number, size: number): number {
  if (value === undefined) return otherwise;
  const whole = Math.round(Number(value)) || 0;
  return whole < 0 ? Math.max(size + whole, 0) : Math.min(whole, size);
}

function cut(piece: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < piece.length; offset += CHUNK_BYTES) {
    chunks.push(piece.subarray(offset, offset + CHUNK_BYTES));
  }
  return chunks;
}

export interface FileOptions extends BlobOptions {
  lastModified?: number;
}

export class File extends Blob {
  readonly #name: string;
  readonly #lastModified: number;

  constructor(parts: Iterable<BlobPart>, name: string, options?: FileOptions) {
    requireArguments(arguments, 2, "File");
    requireSequence(parts);
    super(parts, options);
    this.#name = String(name).toWellFormed();
    const modified = options?.lastModified;
    this.#lastModified = Math.trunc(modified === undefined ? realtime() : Number(modified)) || 0;
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }
}
nameClass(File, "File");
defineClone(File, (file) => {
  const { name, type, lastModified } = file;
  const pieces = piecesOf(file);
  return () => new File(pieces as Iterable<BlobPart>, name, { type, lastModified });
});

export function defineFiles(): void {
  defineGlobals({ Blob, File });
}
