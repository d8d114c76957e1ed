/**
 * Files that an app reads by `node:fs`: those that it imports as such.
 *
 *   import page from "./views/page.html" with { type: "file" };   // "/views/page.html"
 *   import "./views" with { type: "file" };                       // every file below
 *
 * A file's path in the image is that from the entry's folder, and the import gives it. Contents go into the script as
 * text of Latin-1 characters, a byte each, which the engine keeps as such.
 *
 * Tests:  app-files.test.ts
 */
import path from "node:path";
import { readdir, readFile, stat } from "node:fs/promises";
import type { OnLoadResult, Plugin } from "esbuild";
import { PACKAGE_ROOT } from "./package-root.ts";

const TREE = path.join(PACKAGE_ROOT, "src/node/fs/tree.ts");

/** `directory` is the entry's. */
export function appFiles(directory: string): Plugin {
  return {
    name: "app-files",
    setup(bundler) {
      bundler.onResolve({ filter: /./ }, (given) =>
        given.with["type"] === "file" ? { path: path.resolve(given.resolveDir, given.path) } : undefined,
      );
      bundler.onLoad({ filter: /./ }, (given) =>
        given.with["type"] === "file" ? load(given.path, directory) : undefined,
      );
    },
  };
}

async function load(file: string, directory: string): Promise<OnLoadResult> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return { errors: [{ text: `there is no file or folder ${file}` }] };
  const place = placeOf(file, directory);
  if (!found.isDirectory()) {
    const contents = JSON.stringify((await readFile(file)).toString("latin1"));
    const text = `import { addFile } from ${JSON.stringify(TREE)};\naddFile(${JSON.stringify(place)}, ${contents});\n`;
    return { contents: text + given(place) };
  }
  const names = (await readdir(file)).sort();
  const imports = names.map(
    (name) => `import ${JSON.stringify(path.join(file, name))} with { type: "file" };`,
  );
  return { contents: `${imports.join("\n")}\n${given(place)}`, watchDirs: [file] };
}

const given = (place: string) => `export default ${JSON.stringify(place)};`;

/** What lies above the entry's folder is found as if it lay in it. */
function placeOf(file: string, directory: string): string {
  const words = path.relative(directory, file).split(path.sep);
  return `/${words.filter((word) => word !== "..").join("/")}`;
}
