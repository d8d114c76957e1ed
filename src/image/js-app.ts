/** A JavaScript app: its bundled script, the engine, and the glue between engine and kernel. */
import path from "node:path";
import type { ManifestPackage } from "../abi/manifest.ts";
import { SERVICES } from "../abi/services.ts";
import { ASSEMBLY_PACKAGE, compileAssembly } from "./assembly.ts";
import { bundleApp } from "./bundle.ts";
import { cachedFromSources } from "./cache.ts";
import { ENGINE_PACKAGE, prepareEngine } from "./engine.ts";
import { dependency } from "./packages.ts";
import { PACKAGE_ROOT } from "./package-root.ts";
import { OPTIONAL_SERVICES, type OptionalService } from "./used-globals.ts";

export const GLUE_SOURCES = ["src/faces/js", "src/native", "src/runtime", "src/abi"];

/** The glue's static bytes stand here, in the first KiB of memory, which the engine leaves unused. */
const GLUE_MEMORY_BASE = 16;

export interface JsApp {
  readonly app: Uint8Array;
  readonly engine: Uint8Array;
  readonly enginePages: { readonly initial: number; readonly maximum: number };
  readonly script: string;
  readonly sourceMap: string;
  readonly inputs: readonly string[];
  readonly packages: readonly ManifestPackage[];
}

/** `hasAssets`: the image holds files that the app may ask for. */
export async function buildJsApp(entryFile: string, hasAssets = false): Promise<JsApp> {
  const [{ script, sourceMap, inputs, services, packages: bundled }, engine] = await Promise.all([
    bundleApp(entryFile),
    prepareEngine(),
  ]);
  const app = await buildGlue(hasAssets ? [...services, "assets"] : services);
  const { wasm, memoryPages } = engine;
  const packages = [
    ...bundled,
    dependency(ENGINE_PACKAGE, "engine", wasm.length),
    dependency(ASSEMBLY_PACKAGE, "app"),
  ];
  return { app, engine: wasm, enginePages: memoryPages, script, sourceMap, inputs, packages };
}

/** Of a handler that asks nobody else. */
const USUAL_SERVICES: readonly OptionalService[] = ["http"];

/** The glue with what it has only for some apps. */
export async function buildGlue(services: readonly OptionalService[] = USUAL_SERVICES): Promise<Uint8Array> {
  return cachedFromSources("glue", GLUE_SOURCES, services, async () => {
    const virtualFiles = { "glue.ts": rootSource(services), "optional.ts": optionalSource(services) };
    const options = { sharedMemoryBase: GLUE_MEMORY_BASE, names: true, virtualFiles };
    return (await compileAssembly(path.join(PACKAGE_ROOT, "src/faces/js"), "glue.ts", options)).wasm;
  });
}

/** The text of `src/faces/js/optional.ts` for these services. */
function optionalSource(services: readonly OptionalService[]): string {
  const lines = OPTIONAL_SERVICES.map(
    (service) => `export const HAS_${service.toUpperCase()}: bool = ${services.includes(service)};`,
  );
  return lines.join("\n");
}

/** The glue's root: the entries of every app, and those of these services. */
function rootSource(services: readonly OptionalService[]): string {
  const entered = services.filter((service) => SERVICES[service].entries.length > 0);
  return ["main", ...entered.map((service) => `${service}-entries`)]
    .map((file) => `export * from "./${file}";`)
    .join("\n");
}
