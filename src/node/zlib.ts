/**
 * node:zlib: gzip, deflate and deflate-raw, on the zlib that CompressionStream has.
 *
 * Of Brotli not even the names are there: packages look for them, and take gzip where they are missing.
 *
 * Tests: zlib.test.ts
 */
import { Buffer } from "./buffer.ts";
import { coded, notHere, requireFunction } from "./errors.ts";
import { Duplex } from "./stream.ts";
import { fromWeb } from "./stream-adapters.ts";
import { toBytes } from "./crypto/bytes.ts";

type Format = "gzip" | "deflate" | "deflate-raw";
type Done = (error: Error | null, result?: Buffer) => void;

/** A stream of Node's around a pair of the Web's. */
class Coding extends Duplex {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(pair: { readable: ReadableStream<unknown>; writable: WritableStream<unknown> }) {
    super({});
    this.#writer = pair.writable.getWriter() as WritableStreamDefaultWriter<Uint8Array>;
    const output = fromWeb(pair.readable);
    output.on("data", (piece: Uint8Array) => {
      if (!this.push(Buffer.from(piece))) output.pause();
    });
    output.on("end", () => this.push(null));
    output.on("error", (error) => this.destroy(asZlibError(error)));
    this._read = () => void output.resume();
  }

  override _write(piece: unknown, encoding: string, done: (error?: Error | null) => void): void {
    this.#writer.write(Uint8Array.from(toBytes(piece, "chunk", encoding))).then(
      () => done(),
      (error: unknown) => done(asZlibError(error)),
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#writer.close().then(
      () => done(),
      (error: unknown) => done(asZlibError(error)),
    );
  }

  close(done?: () => void): void {
    if (done !== undefined) this.once("close", done);
    this.destroy();
  }

  flush(): never {
    throw notHere(
      "flush of zlib's streams",
      "a response that is not compressed, for what is to leave at once",
    );
  }
}

function asZlibError(error: unknown): Error {
  return Object.assign(coded(Error, "Z_DATA_ERROR", (error as Error).message), { errno: -3 });
}

type Pair = ConstructorParameters<typeof Coding>[0];

/** Classes, for who makes one and for who asks of which a stream is. */
const coding = (pair: () => unknown) =>
  class extends Coding {
    constructor() {
      super(pair() as Pair);
    }
  };
const packing = (format: Format) => coding(() => new CompressionStream(format));
const expanding = (format: Format) => coding(() => new DecompressionStream(format));

export const Gzip = packing("gzip");
export const Deflate = packing("deflate");
export const DeflateRaw = packing("deflate-raw");
export const Gunzip = expanding("gzip");
export const Inflate = expanding("deflate");
export const InflateRaw = expanding("deflate-raw");
/** What was packed says in its first bytes how: no machine's clients send plain deflate here. */
export const Unzip = expanding("gzip");

export const createGzip = () => new Gzip();
export const createDeflate = () => new Deflate();
export const createDeflateRaw = () => new DeflateRaw();
export const createGunzip = () => new Gunzip();
export const createInflate = () => new Inflate();
export const createInflateRaw = () => new InflateRaw();
export const createUnzip = () => new Unzip();

/** The whole of a stream that is given the whole input. */
function wholly(create: () => Coding) {
  return (input: unknown, ...rest: unknown[]): void => {
    const done = rest.pop() as Done;
    requireFunction(done, "callback");
    const stream = create();
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => done(null, Buffer.concat(pieces)));
    stream.on("error", (error) => done(error));
    stream.end(toBytes(input, "buffer"));
  };
}

export const gzip = wholly(createGzip);
export const deflate = wholly(createDeflate);
export const deflateRaw = wholly(createDeflateRaw);
export const gunzip = wholly(createGunzip);
export const inflate = wholly(createInflate);
export const inflateRaw = wholly(createInflateRaw);
export const unzip = gunzip;

const absent = (name: string, instead: string) => () => {
  throw notHere(`zlib.${name}`, instead);
};
const ASYNC = "the function without Sync, or a stream";
export const gzipSync = absent("gzipSync", ASYNC);
export const gunzipSync = absent("gunzipSync", ASYNC);
export const deflateSync = absent("deflateSync", ASYNC);
export const inflateSync = absent("inflateSync", ASYNC);

export const constants = {
  Z_NO_FLUSH: 0,
  Z_PARTIAL_FLUSH: 1,
  Z_SYNC_FLUSH: 2,
  Z_FULL_FLUSH: 3,
  Z_FINISH: 4,
  Z_DEFAULT_COMPRESSION: -1,
  Z_BEST_SPEED: 1,
  Z_BEST_COMPRESSION: 9,
};

export default {
  Deflate,
  DeflateRaw,
  Gunzip,
  Gzip,
  Inflate,
  InflateRaw,
  Unzip,
  constants,
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  createUnzip,
  deflate,
  deflateRaw,
  deflateSync,
  gunzip,
  gunzipSync,
  gzip,
  gzipSync,
  inflate,
  inflateRaw,
  inflateSync,
  unzip,
  ...constants,
};
