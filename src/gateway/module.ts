/**
 * The gateway's stack as Wasm: the one place that compiles it.
 */
import path from "node:path";
import { compileAssembly } from "../image/assembly.ts";
import { cachedFromSources } from "../image/cache.ts";
import { PACKAGE_ROOT } from "../image/package-root.ts";

export const GATEWAY_SOURCES = ["src/kernel", "src/abi", "src/gateway/stack"];

/** `stack/main.ts`, compiled, or as it was compiled before. */
export async function gatewayModule(): Promise<Uint8Array> {
  return cachedFromSources("gateway", GATEWAY_SOURCES, [], async () => {
    const { wasm } = await compileAssembly(path.join(PACKAGE_ROOT, "src"), "gateway/stack/main.ts", {
      names: true,
    });
    return wasm;
  });
}
