/**
 * Builds the package: bundles of the tools into `dist`, and the compiled parts that every image shares into
 * `dist/prebuilt`, so that the first `skerry run` compiles nothing but the app. Runs at `npm install`, and once more when
 * npx meets this folder first: with `--if-changed` it does nothing where all that it is made of is as it was.
 */
import path from "node:path";
import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";
import { declareTypes } from "./declarations.mjs";

const root = path.resolve(import.meta.dirname, "..");
const dist = path.join(root, "dist");
/** Written when all else is there. */
const stamp = path.join(dist, ".made-of");

/** Of every file that goes in: sources, tools, and which packages. */
async function sourceHash() {
  const hash = createHash("sha256").update(process.version);
  const listed = await Promise.all(
    ["src", "tools"].map(async (folder) => {
      const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((one) => one.isFile())
        .map((one) => path.join(one.parentPath ?? one.path, one.name));
    }),
  );
  const files = [...listed.flat(), path.join(root, "package.json"), path.join(root, "package-lock.json")];
  for (const file of files.sort()) {
    const text = await readFile(file).catch(() => "");
    hash.update(`${path.relative(root, file)}:${text.length}:`).update(text);
  }
  return hash.digest("hex");
}

const madeOf = await sourceHash();
const isAsItWas =
  process.argv.includes("--if-changed") && (await readFile(stamp, "utf8").catch(() => "")) === madeOf;
if (isAsItWas) process.exit();

await rm(dist, { recursive: true, force: true });
await bundle(dist);
await declareTypes(path.join(dist, "types"));

process.env.SKERRY_PREBUILD = "1";
const { prebuild } = await import(pathToFileURL(path.join(dist, "prebuild.js")).href);
await prebuild();
await writeFile(stamp, madeOf);
