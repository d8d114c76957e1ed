/**
 * Contents in the codings that clients ask for (RFC 9110 section 8.4.1), made once and kept.
 *
 * Tests: compress.test.ts
 */
import { promisify } from "node:util";
import { brotliCompress, constants, deflateRawSync, gzip } from "node:zlib";
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

/** A content longer than all its samples is looked at there first: what is dense already takes as long, for nothing. */
const SAMPLES = 16;
const SAMPLE_BYTES = 16 * 1024;
/** Of the samples' bytes, what compressing has to leave at most. */
const SHRUNK = 0.97;

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
  if (bytes.length < LEAST_BYTES || isDense(bytes)) return found;
  const all = await Promise.all(
    COMPRESSORS.map(({ kind, compress }) => cached(keyOf(kind, [bytes]), () => compress(bytes))),
  );
  COMPRESSORS.forEach(({ coding }, index) => {
    const coded = all[index]!;
    if (coded.length + LEAST_SAVED_BYTES <= bytes.length) found.set(coding, coded);
  });
  return found;
}

/** Always the same samples of the same bytes. */
function isDense(bytes: Uint8Array): boolean {
  if (bytes.length <= SAMPLES * SAMPLE_BYTES) return false;
  const stride = (bytes.length - SAMPLE_BYTES) / (SAMPLES - 1);
  let codedBytes = 0;
  for (let index = 0; index < SAMPLES; index++) {
    const at = Math.floor(index * stride);
    codedBytes += deflateRawSync(bytes.subarray(at, at + SAMPLE_BYTES), { level: 1 }).length;
  }
  return codedBytes > SHRUNK * SAMPLES * SAMPLE_BYTES;
}
