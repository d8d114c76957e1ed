/**
 * The packages whose code goes into an image: name, version and licence as each package's own description says them.
 *
 * Paths of this machine decide nothing but where a description is read: the same packages give the same list.
 *
 * Tests: src/audit/sbom.test.ts
 */
import path from "node:path";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { Metafile } from "esbuild";
import type { ManifestPackage } from "../abi/manifest.ts";
import { PACKAGE_ROOT } from "./package-root.ts";

const FOLDER = "node_modules";
/** Wherever it is installed, what is of this package itself is no dependency. */
const OWN_NAME = "skerry";
const DESCRIPTION = "package.json";

/** Of this package itself. */
export function ownVersion(): string {
  return describe(PACKAGE_ROOT)?.version ?? "0";
}

/** What packages gave to a bundle, whose paths count from `directory`. */
export function bundledPackages(
  { outputs }: Metafile,
  directory: string,
  where: ManifestPackage["in"],
): ManifestPackage[] {
  const found: ManifestPackage[] = [];
  for (const { inputs } of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = packageFolder(path.resolve(directory, file));
      const described = folder === undefined ? undefined : describe(folder);
      if (described !== undefined && described.name !== OWN_NAME)
        found.push({ ...described, in: where, sizeBytes: bytesInOutput });
    }
  }
  return mergePackages(found);
}

/** A package of this one's own dependencies. */
export function dependency(name: string, where: ManifestPackage["in"], sizeBytes?: number): ManifestPackage {
  const places = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const [described] = places.flatMap((folder) => describe(path.join(folder, name)) ?? []);
  if (described === undefined) throw new Error(`the package ${name} does not say what it is`);
  return { ...described, in: where, ...(sizeBytes === undefined ? {} : { sizeBytes }) };
}

/** Packages of files that were read: of those in no package's folder, none. */
export function packagesOfFiles(files: readonly string[], where: ManifestPackage["in"]): ManifestPackage[] {
  const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []));
  return mergePackages(
    [...folders].flatMap((folder) => {
      const described = describe(folder);
      return described === undefined || described.name === OWN_NAME ? [] : [{ ...described, in: where }];
    }),
  );
}

/** Each once a place, with what it gave there in all; sorted. */
export function mergePackages(packages: readonly ManifestPackage[]): ManifestPackage[] {
  const merged = new Map<string, ManifestPackage>();
  for (const each of packages) {
    const key = `${each.name} ${each.version} ${each.in}`;
    const known = merged.get(key);
    const sizeBytes =
      known?.sizeBytes === undefined ? each.sizeBytes : known.sizeBytes + (each.sizeBytes ?? 0);
    merged.set(key, sizeBytes === undefined ? each : { ...each, sizeBytes });
  }
  return [...merged.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, each]) => each);
}

/** `/a/node_modules/@scope/name/lib/x.js` is in `/a/node_modules/@scope/name`. */
function packageFolder(file: string): string | undefined {
  const words = file.split(path.sep);
  const at = words.lastIndexOf(FOLDER);
  if (at < 0) return undefined;
  return words.slice(0, at + (words[at + 1]?.startsWith("@") === true ? 3 : 2)).join(path.sep);
}

interface Description {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly license?: unknown;
  readonly licenses?: unknown;
}

function describe(folder: string): Pick<ManifestPackage, "name" | "version" | "licence"> | undefined {
  let description: Description;
  try {
    description = JSON.parse(readFileSync(path.join(folder, DESCRIPTION), "utf8")) as Description;
  } catch {
    return undefined;
  }
  const { name, version, license, licenses } = description;
  if (typeof name !== "string") return undefined;
  const licence = licenceText(license) ?? licenceText(Array.isArray(licenses) ? licenses[0] : undefined);
  return {
    name,
    version: typeof version === "string" ? version : "0",
    ...(licence === undefined ? {} : { licence }),
  };
}

/** Older descriptions have `{ type, url }`. */
function licenceText(licence: unknown): string | undefined {
  if (typeof licence === "string") return licence;
  const type =
    typeof licence === "object" && licence !== null ? (licence as { type?: unknown }).type : undefined;
  return typeof type === "string" ? type : undefined;
}
