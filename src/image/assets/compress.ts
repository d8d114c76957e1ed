/** Contents in the codings that clients ask for (RFC 9110 section 8.4.1), made once and kept. */
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { Coding } from "../../abi/assets.ts";
import { cached, keyOf } from "../cache.ts";

/** What a coding saves has to be worth its fields. */
const LEAST_SAVED_BYTES = 64;
const LEAST_BYTES = 128;
/** Brotli's best takes two seconds a megabyte; from these sizes on the next ones do. */
const QUALITIES: readonly (readonly [upToBytes: number, quality: number])[] = [
  [2 ** 20, 11],
  [2 ** 23, 9],
  [Infinity, 5],
];

type Compress = (bytes: Uint8Array) => Promise<Uint8Array>;
interface Compressor {
  readonly coding: Coding;
  readonly kind: string;
  readonly compress: Compress;
}

const asGzip = promisify<Uint8Array, object, Buffer>(gzip);
const asBrotli = promisify<Uint8Array, object, Buffer>(brotliCompress);

const COMPRESSORS: readonly Compressor[] = [
  {
    coding: Coding.Gzip,
    kind: `gzip-${process.versions.zlib}`,
    compress: async (bytes) => new Uint8Array(await asGzip(bytes, { level: 9 })),
  },
  {
    coding: Coding.Brotli,
    kind: `brotli-${process.versions["brotli"] ?? process.version}`,
    compress: async (bytes) => {
      const quality = QUALITIES.find(([upToBytes]) => bytes.length <= upToBytes)![1];
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: quality,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      };
      return new Uint8Array(await asBrotli(bytes, { params }));
    },
  },
];

/** Of `bytes`, each coding that makes them smaller. */
export async function codingsOf(bytes: Uint8Array): Promise<ReadonlyMap<Coding, Uint8Array>> {
  const found = new Map<Coding, Uint8Array>();
  if (bytes.length < LEAST_BYTES) return found;
  for (const { coding, kind, compress } of COMPRESSORS) {
    const coded = await cached(keyOf(kind, [bytes]), () => compress(bytes));
    if (coded.length + LEAST_SAVED_BYTES <= bytes.length) found.set(coding, coded);
  }
  return found;
}
