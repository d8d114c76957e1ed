/** A JavaScript app: its bundled script, the engine, and the glue between engine and kernel. */
import path from "node:path";
import { compileAssembly } from "./assembly.ts";
import { bundleApp } from "./bundle.ts";
import { cachedFromSources } from "./cache.ts";
import { prepareEngine } from "./engine.ts";
import { PACKAGE_ROOT } from "./package-root.ts";

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
}

export async function buildJsApp(entryFile: string): Promise<JsApp> {
  const [bundle, engine, app] = await Promise.all([bundleApp(entryFile), prepareEngine(), buildGlue()]);
  const { script, sourceMap, inputs } = bundle;
  return { app, engine: engine.wasm, enginePages: engine.memoryPages, script, sourceMap, inputs };
}

export async function buildGlue(): Promise<Uint8Array> {
  return cachedFromSources("glue", GLUE_SOURCES, [], async () => {
    const options = { sharedMemoryBase: GLUE_MEMORY_BASE, names: true };
    return (await compileAssembly(path.join(PACKAGE_ROOT, "src/faces/js"), "main.ts", options)).wasm;
  });
}
