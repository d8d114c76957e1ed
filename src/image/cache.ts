/**
 * What was compiled before: files named after the hash of everything that decides their content, so that a hit
 * is always right and nothing needs to be invalidated.
 *
 * Looked up in the package's own `dist/prebuilt` first (made when the package was built), then in the user's cache.
 *
 * Tests: cache.test.ts
 */
import path from "node:path";
import os from "node:os";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { PACKAGE_ROOT } from "./package-root.ts";

const PREBUILT = path.join(PACKAGE_ROOT, "dist/prebuilt");

/** The user's folder for what can be made or fetched again. */
export function userCache(): string {
  const given = process.env["SKERRY_CACHE"];
  if (given !== undefined && given !== "") return given;
  return path.join(process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"), "skerry");
}

/**
 * The file under `key`, or what `make` gives, kept for the next time. A cache that cannot be written is no error; a
 * file that is not `whole` is made anew and replaced.
 */
export async function cached(
  key: string,
  make: () => Promise<Uint8Array>,
  whole: (bytes: Uint8Array) => boolean = () => true,
): Promise<Uint8Array> {
  const kept = await lookUp(key, whole);
  if (kept !== undefined) return kept;
  const bytes = await make();
  const folder = isPrebuilding() ? PREBUILT : userCache();
  const temporary = path.join(folder, `${key}.${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, bytes);
    await rename(temporary, path.join(folder, key));
  } catch {
    // A read-only home or a full disk: slower next time, not wrong. What was written of it would fill the disk for good.
    await rm(temporary, { force: true }).catch(() => {});
  }
  return bytes;
}

/**
 * As `cached`, for what is made of this package's own sources in `folders`. A package that was built knows their hash
 * and reads no source; only where nothing is kept under it are they looked at, as they may have changed since.
 */
export async function cachedFromSources(
  kind: string,
  folders: readonly string[],
  parts: readonly string[],
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const noted = notedHash(folders);
  const kept = noted === undefined ? undefined : await lookUp(keyOf(kind, [...parts, noted]));
  return kept ?? cached(keyOf(kind, [...parts, await sourcesHash(folders)]), make);
}

async function lookUp(
  key: string,
  whole: (bytes: Uint8Array) => boolean = () => true,
): Promise<Uint8Array | undefined> {
  for (const folder of isPrebuilding() ? [PREBUILT] : [PREBUILT, userCache()]) {
    try {
      const bytes = new Uint8Array(await readFile(path.join(folder, key)));
      if (whole(bytes)) return bytes;
    } catch {
      // Not there: the next place, or made anew.
    }
  }
  return undefined;
}

function isPrebuilding(): boolean {
  return process.env["SKERRY_PREBUILD"] === "1";
}

/** Set where the tools are bundled (`tools/bundle.mjs`): the hashes of sources, by their folders. */
declare const SOURCE_HASHES: Readonly<Record<string, string>> | undefined;

function notedHash(folders: readonly string[]): string | undefined {
  return typeof SOURCE_HASHES === "object" ? SOURCE_HASHES[folders.join(" ")] : undefined;
}

/** A cache key: SHA-256 over all parts, each with its length, shortened to 128 bits. */
export function keyOf(kind: string, parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return `${kind}-${hash.digest("hex").slice(0, 32)}`;
}

/** The hash of every source file below `folders` (relative to the package), tests left out. */
export async function sourcesHash(folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const names = await readdir(path.join(PACKAGE_ROOT, folder), { recursive: true });
    for (const name of names.sort()) {
      if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
      const text = await readFile(path.join(PACKAGE_ROOT, folder, name));
      hash.update(`${folder}/${name}:${text.length}:`).update(text);
    }
  }
  return hash.digest("hex");
}
