/** An AssemblyScript app: recognised by its imports, compiled to the app compartment's one module. */
import path from "node:path";
import { compileAssembly, type AssemblyOutput } from "./assembly.ts";

/** An entry that imports `skerry/native/...` is AssemblyScript: those modules mean nothing in JavaScript. */
export function isNativeSource(source: string): boolean {
  return /^\s*(import|export)\b[^;]*\bfrom\s*["']skerry\/native\//m.test(source);
}

/** Compiles the app; names and source map stand beside the module for reports. */
export function buildNativeApp(entryFile: string): Promise<AssemblyOutput> {
  return compileAssembly(path.dirname(entryFile), path.basename(entryFile), {
    asserts: true,
    names: true,
    sourceMap: true,
  });
}
