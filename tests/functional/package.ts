/**
 * The package as npm would install it: packed, unpacked into an empty project, its dependencies those of this checkout.
 * Nothing is fetched.
 */
import path from "node:path";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { ROOT } from "./skerry.ts";

/** Installs into `project`, with `more` packages beside it. */
export function installPackage(project: string, more: readonly string[] = []): void {
  makeFresh();
  const words = ["pack", "--ignore-scripts", "--json", "--pack-destination", project];
  const [packed] = JSON.parse(execFileSync("npm", words, { cwd: ROOT }).toString()) as [{ filename: string }];
  const home = path.join(project, "node_modules/skerry");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", path.join(project, packed.filename), "-C", home, "--strip-components", "1"]);
  const { dependencies } = JSON.parse(readFileSync(path.join(home, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), ...more]) {
    const link = path.join(project, "node_modules", name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.join(ROOT, "node_modules", name), link);
  }
}

/** Builds the package unless it was built from these sources. */
function makeFresh(): void {
  const built = statSync(path.join(ROOT, "dist/types/index.d.ts"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = Math.max(...["src", "tools"].flatMap(times));
  if (newest > built) execFileSync(process.execPath, ["tools/build.mjs"], { cwd: ROOT });
}

function times(folder: string): number[] {
  const names = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" });
  const sources = names.filter((name) => /\.(ts|mjs)$/.test(name) && !name.endsWith(".test.ts"));
  return sources.map((name) => statSync(path.join(ROOT, folder, name)).mtimeMs);
}
