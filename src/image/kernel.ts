/** The kernel of an image: its services compiled into one Wasm module. */
import path from "node:path";
import type { ServiceName } from "../abi/services.ts";
import { compileAssembly } from "./assembly.ts";
import { cachedFromSources } from "./cache.ts";
import type { KernelPlatform } from "./kernel-devices.ts";
import type { Isolation } from "./isolation.ts";
import { kernelSource } from "./kernel-source.ts";
import { PACKAGE_ROOT } from "./package-root.ts";

export const KERNEL_SOURCES = ["src/kernel", "src/abi"];

/** Drivers share rings with devices: that takes atomic accesses, but no memory that is shared. */
const PLATFORM_ARGUMENTS: Readonly<Record<KernelPlatform, readonly string[]>> = {
  hosted: [],
  bare: ["--enable", "threads"],
};

/** `kernel.wasm` for these services, granted `outbound`; `names` keeps function names for reports and profiles. */
export async function buildKernel(
  services: readonly ServiceName[],
  names = false,
  platform: KernelPlatform = "hosted",
  isolation?: Isolation,
  outbound: readonly string[] = [],
): Promise<Uint8Array> {
  const source = kernelSource(services, platform, isolation, outbound);
  return cachedFromSources("kernel", KERNEL_SOURCES, [source, String(names)], async () => {
    const extraArguments = ["--use", "abort=cpu/panic/abort", ...PLATFORM_ARGUMENTS[platform]];
    const options = { virtualFiles: { "main.ts": source }, names, extraArguments };
    return (await compileAssembly(path.join(PACKAGE_ROOT, "src/kernel"), "main.ts", options)).wasm;
  });
}
