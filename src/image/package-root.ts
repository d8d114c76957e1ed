/** Where this package stands on disk: its sources are part of it, since every image compiles its own kernel. */
import path from "node:path";
import { existsSync } from "node:fs";

/** The folder that holds `package.json`, seen from sources and from the bundled `dist` alike. */
export const PACKAGE_ROOT = findRoot(import.meta.dirname);

function findRoot(from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "src/kernel"))) return folder;
    if (folder === path.dirname(folder)) throw new Error(`no Skerry package above ${from}`);
  }
}
