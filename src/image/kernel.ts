/** The kernel of an image: its services compiled into one Wasm module. */
import path from "node:path";
import type { ServiceName } from "../abi/services.ts";
import { compileAssembly } from "./assembly.ts";
import { cached, keyOf, sourcesHash } from "./cache.ts";
import { kernelSource } from "./kernel-source.ts";
import { PACKAGE_ROOT } from "./package-root.ts";

/** `kernel.wasm` for these services; `names` keeps function names for reports and profiles. */
export async function buildKernel(services: readonly ServiceName[], names = false): Promise<Uint8Array> {
  const source = kernelSource(services);
  const key = keyOf("kernel", [source, String(names), await sourcesHash(["src/kernel", "src/abi"])]);
  return cached(key, async () => {
    const extraArguments = ["--use", "abort=cpu/panic/abort"];
    const options = { virtualFiles: { "main.ts": source }, names, extraArguments };
    return (await compileAssembly(path.join(PACKAGE_ROOT, "src/kernel"), "main.ts", options)).wasm;
  });
}
