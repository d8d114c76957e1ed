/**
 * Packages of which another file is bundled than the bundler would take.
 *
 * Those for browsers are right for nearly all. A logger has one that prints by `console`, and one for Node that writes the
 * lines its users read to descriptor 1, which a machine has. The packets of Socket.IO are read and written by files that
 * a browser's have in their place: those want a FileReader, and give a server ArrayBuffers where it expects Buffers.
 *
 * Tests: bundle.test.ts, tests/functional/published-apps.test.ts, tests/functional/published-sockets.test.ts
 */
import path from "node:path";
import { readFile } from "node:fs/promises";
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";

/** Their `main` is taken. */
const FOR_NODE = ["pino"];

/** Files that stay, though the package has others for browsers: as they are imported, and by whom. */
const KEPT = /^\.\/(?:en|de)codePacket\.js$/;
const KEPT_FOR = /[\\/]node_modules[\\/]engine\.io-parser[\\/]/;

export const packageFiles: Plugin = {
  name: "package-files",
  setup(bundler) {
    bundler.onResolve({ filter: new RegExp(`^(?:${FOR_NODE.join("|")})$`) }, (found) =>
      mainOf(found, bundler),
    );
    bundler.onResolve({ filter: KEPT }, ({ path: name, importer, resolveDir }) =>
      KEPT_FOR.test(importer) ? { path: path.join(resolveDir, name) } : undefined,
    );
  },
};

/** Where the package's description cannot be had, the bundler's own choice. */
async function mainOf(
  { path: name, importer, resolveDir, kind }: OnResolveArgs,
  bundler: PluginBuild,
): Promise<OnResolveResult | undefined> {
  const { path: file, errors } = await bundler.resolve(`${name}/package.json`, {
    importer,
    resolveDir,
    kind,
  });
  if (errors.length > 0) return undefined;
  const { main = "index.js" } = JSON.parse(await readFile(file, "utf8")) as { main?: string };
  return { path: path.join(path.dirname(file), main) };
}
