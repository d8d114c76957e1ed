/**
 * Bundles the tools: `node tools/bundle.mjs FOLDER`. The folder must lie in this package, which the bundles find from
 * where they stand.
 */
import { build } from "esbuild";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";

const root = path.resolve(import.meta.dirname, "..");
const at = (file) => path.join(root, file);

const SHAPE = { bundle: true, format: "esm", platform: "node", target: "node20" };

/** What compiled modules are kept under: changes with the compiler, and with nothing else. */
async function compilerHash() {
  const { outputFiles } = await build({
    ...SHAPE,
    entryPoints: [at("src/compiler/compile.ts")],
    absWorkingDir: root,
    write: false,
  });
  return createHash("sha256").update(outputFiles[0].contents).digest("hex");
}

/** By the function that images use, so that the two cannot differ. */
function sourceHashes() {
  const words = ["--import", pathToFileURL(at("tools/typescript.mjs")).href, at("tools/source-hashes.ts")];
  return execFileSync(process.execPath, words).toString();
}

export async function bundle(folder) {
  await build({
    ...SHAPE,
    entryPoints: {
      cli: at("src/cli/main.ts"),
      index: at("src/index.ts"),
      app: at("src/app.ts"),
      compile: at("src/build/compile.ts"),
      "node-worker": at("src/targets/node/worker.ts"),
      "compile-worker": at("src/build/worker.ts"),
      prebuild: at("tools/prebuild.ts"),
    },
    outdir: folder,
    splitting: true,
    packages: "external",
    define: { COMPILER_HASH: JSON.stringify(await compilerHash()), SOURCE_HASHES: sourceHashes() },
    sourcemap: true,
    logLevel: "warning",
  });
}

if (process.argv[1] === import.meta.filename) await bundle(path.resolve(process.argv[2]));
