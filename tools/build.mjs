/**
 * Builds the package: bundles of the tools into `dist`, and the compiled parts that every image shares into
 * `dist/prebuilt`, so that the first `skerry run` compiles nothing but the app. Runs at `npm install`.
 */
import { build } from "esbuild";
import path from "node:path";
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const root = path.resolve(import.meta.dirname, "..");
const at = (file) => path.join(root, file);

/** What compiled modules are kept under: changes with the compiler, and with nothing else. */
async function compilerHash() {
  const { outputFiles } = await build({
    entryPoints: [at("src/compiler/compile.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
  });
  return createHash("sha256").update(outputFiles[0].contents).digest("hex");
}

await rm(at("dist"), { recursive: true, force: true });
await build({
  entryPoints: {
    cli: at("src/cli/main.ts"),
    index: at("src/index.ts"),
    "node-worker": at("src/targets/node/worker.ts"),
    "compile-worker": at("src/build/worker.ts"),
    prebuild: at("tools/prebuild.ts"),
  },
  outdir: at("dist"),
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  define: { COMPILER_HASH: JSON.stringify(await compilerHash()) },
  sourcemap: true,
  logLevel: "warning",
});

process.env.SKERRY_PREBUILD = "1";
const { prebuild } = await import(pathToFileURL(at("dist/prebuild.js")).href);
await prebuild();
