/**
 * The kernels of the compiler's benchmark: small AssemblyScript programs as performance-minded authors write them,
 * each exporting `run(n)`, which does its work n times over and returns a checksum.
 *
 * Compiled once and kept in the cache, since AssemblyScript takes longer than all that is measured.
 */
import path from "node:path";
import { readdirSync } from "node:fs";
import { compileAssembly } from "../../src/image/assembly.ts";
import { cached, keyOf, sourcesHash } from "../../src/image/cache.ts";

const FOLDER = path.join(import.meta.dirname, "kernels");

/** What an author gives to `asc` for speed; there is no host to report an abort to. */
const ARGUMENTS = ["--converge", "--use", "abort="];

export const KERNELS: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -".ts".length))
  .sort();

export async function kernelWasm(name: string): Promise<Uint8Array> {
  const sources = await sourcesHash(["bench/compiler/kernels"]);
  return cached(keyOf(`kernel-${name}`, [sources, name, ...ARGUMENTS]), async () => {
    const output = await compileAssembly(FOLDER, `${name}.ts`, { names: true, extraArguments: ARGUMENTS });
    return output.wasm;
  });
}
