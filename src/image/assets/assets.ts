/**
 * Assets: the files of a folder as a pack that the kernel serves (`src/abi/assets.ts`).
 *
 *   folder ── collect ──► files ── addresses ──► paths ─┐
 *                           └── compress ──► codings ───┴─ pack ──► bytes of the image
 *
 * Tests: assets.test.ts
 */
import { createHash } from "node:crypto";
import { AssetFlag, AssetKind, Coding } from "../../abi/assets.ts";
import type { ManifestAssets } from "../../abi/manifest.ts";
import { addressesOf, type HtmlHandling, type NotFoundHandling } from "./addresses.ts";
import { collectFiles, type AssetFile } from "./collect.ts";
import { codingsOf } from "./compress.ts";
import { contentTypeOf } from "./content-types.ts";
import { writePack, type PackEntry, type PackVariant } from "./pack.ts";

export interface AssetsWish {
  /** A path. */
  readonly directory: string;
  /** Each request goes to the app, which asks for assets by `env.ASSETS`. */
  readonly handlerFirst?: boolean | undefined;
  readonly htmlHandling?: HtmlHandling | undefined;
  readonly notFoundHandling?: NotFoundHandling | undefined;
  /** Beginnings of paths whose content never changes: names with a hash in them. */
  readonly immutable?: readonly string[] | undefined;
}

export interface Assets {
  readonly pack: Uint8Array;
  readonly facts: ManifestAssets;
  /** Absolute: what `dev` watches. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** May be kept, but is asked for each time whether it is still the same: that costs a 304. */
const FRESH = "public, max-age=0, must-revalidate";
const IMMUTABLE = "public, max-age=31536000, immutable";
const TAG_LETTERS = 22;
const CODING_NAMES: Readonly<Record<Coding, string>> = ["", "gzip", "br", ""];

/** Throws a `UserError` for what cannot be served. */
export async function buildAssets(wish: AssetsWish): Promise<Assets> {
  const { files, folders } = await collectFiles(wish.directory);
  const contents = new Map<string, Content>();
  const prepared = new Map<string, readonly (PackVariant | undefined)[]>();
  for (const file of files)
    prepared.set(file.path, variantsOf(file.path, await contentOf(file, contents), wish));
  const { htmlHandling = "auto-trailing-slash", notFoundHandling = "404-page" } = wish;
  const paths = files.map(({ path }) => path);
  const entries = addressesOf(paths, htmlHandling, notFoundHandling).map(({ kind, path, to }): PackEntry => {
    if (to.status === 307) {
      return { kind, path, status: 307, location: to.location, variants: [REDIRECT] };
    }
    const variants = to.file === undefined ? [NOTHING_THERE] : prepared.get(to.file)!;
    return {
      kind,
      path,
      status: to.status,
      variants: kind === AssetKind.NotFound ? asFallback(variants) : variants,
    };
  });
  const pack = writePack(entries, wish.handlerFirst === true ? AssetFlag.HandlerFirst : 0);
  return {
    pack,
    facts: {
      files: files.length,
      contentBytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
      sizeBytes: pack.length,
      sha256: createHash("sha256").update(pack).digest("hex"),
    },
    files: files.map(({ file }) => file),
    folders,
  };
}

/** A content and its codings, once for all files that are the same. */
interface Content {
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly codings: ReadonlyMap<Coding, Uint8Array>;
}

async function contentOf({ path, bytes }: AssetFile, known: Map<string, Content>): Promise<Content> {
  const { shrinks } = contentTypeOf(path);
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, TAG_LETTERS);
  const key = `${shrinks} ${hash}`;
  const found = known.get(key) ?? { hash, bytes, codings: shrinks ? await codingsOf(bytes) : new Map() };
  known.set(key, found);
  return found;
}

function variantsOf(
  path: string,
  { hash, bytes, codings }: Content,
  wish: AssetsWish,
): (PackVariant | undefined)[] {
  const { type } = contentTypeOf(path);
  const isImmutable = (wish.immutable ?? []).some((beginning) => path.startsWith(beginning));
  const variants: (PackVariant | undefined)[] = [];
  for (const [coding, content] of [[Coding.Identity, bytes] as const, ...codings]) {
    const name = CODING_NAMES[coding];
    const tag = `"${hash}${name === "" ? "" : `-${name}`}"`;
    variants[coding] = {
      content,
      tagBytes: tag.length,
      shared: [
        `ETag: ${tag}`,
        `Cache-Control: ${isImmutable ? IMMUTABLE : FRESH}`,
        ...(codings.size === 0 ? [] : ["Vary: Accept-Encoding"]),
      ],
      others: [
        `Content-Type: ${type}`,
        "Accept-Ranges: bytes",
        ...(name === "" ? [] : [`Content-Encoding: ${name}`]),
      ],
    };
  }
  return variants;
}

const NO_BYTES = new Uint8Array();
const REDIRECT: PackVariant = {
  content: NO_BYTES,
  tagBytes: 0,
  shared: [`Cache-Control: ${FRESH}`],
  others: [],
};
const NOTHING_THERE: PackVariant = {
  content: new TextEncoder().encode("404 Not Found\n"),
  tagBytes: 0,
  shared: [],
  others: ["Content-Type: text/plain; charset=utf-8"],
};

/** The answer for many addresses: it has no tag, no ranges, and is not to be kept under any of them. */
function asFallback(variants: readonly (PackVariant | undefined)[]): readonly (PackVariant | undefined)[] {
  return variants.map((variant) => {
    if (variant === undefined || variant.tagBytes === 0) return variant;
    const others = variant.others.filter((field) => !field.startsWith("Accept-Ranges"));
    return { ...variant, others, tagBytes: 0, shared: variant.shared.slice(1) };
  });
}
