/**
 * The app of an image that is nothing but files: AssemblyScript of one call, by which it has the kernel serve them. It
 * is never entered again, and there is no engine.
 */
import { compileAssembly } from "../assembly.ts";
import { cachedFromSources } from "../cache.ts";
import { KERNEL_SOURCES } from "../kernel.ts";
import { PACKAGE_ROOT } from "../package-root.ts";

const SOURCE = `
import { serve } from "skerry/native/assets";
export function start(): void {
  serve(80);
}
`;

export function buildSiteApp(): Promise<Uint8Array> {
  return cachedFromSources("site-app", KERNEL_SOURCES, [SOURCE], async () => {
    return (await compileAssembly(PACKAGE_ROOT, "site.ts", { virtualFiles: { "site.ts": SOURCE } })).wasm;
  });
}
