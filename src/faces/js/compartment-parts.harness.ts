/**
 * What a compartment under test is made of: the modules that every app shares, their linking over one memory, and
 * what they stand at between two entries.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { bundleApp } from "../../image/bundle.ts";
import { prepareEngine } from "../../image/engine.ts";
import { buildGlue } from "../../image/js-app.ts";
import { exportGlobals } from "../../image/wasm-names.ts";

export type Exports = Record<string, (...values: number[]) => number>;
export type Functions = Record<string, (...values: never[]) => unknown>;

export interface Parts {
  readonly glue: WebAssembly.Module;
  readonly engine: WebAssembly.Module;
  readonly memoryPages: { readonly initial: number; readonly maximum: number };
}

/** A compartment as it stands between two entries, to make others like it. */
export interface CompartmentSnapshot {
  readonly memory: Uint8Array;
  readonly pages: number;
  readonly context: number;
  readonly engineGlobals: readonly (number | bigint)[];
  readonly glueGlobals: readonly (number | bigint)[];
}

let compiled: Promise<Parts> | undefined;

/** The modules that every app shares, made once a process. */
export function compartmentParts(): Promise<Parts> {
  return (compiled ??= (async () => {
    const [glue, engine] = await Promise.all([buildGlue(), prepareEngine()]);
    return {
      glue: new WebAssembly.Module(exportGlobals(glue) as BufferSource),
      engine: new WebAssembly.Module(exportGlobals(engine.wasm) as BufferSource),
      memoryPages: engine.memoryPages,
    };
  })());
}

/** Bundles a source text as the file `app.ts` in a folder of its own that has this repository's packages. */
export async function bundleText(source: string): Promise<{ script: string; sourceMap: string }> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-app-"));
  try {
    const file = path.join(directory, "app.ts");
    writeFileSync(file, source);
    return await bundleApp(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Links glue and engine over one memory. Each needs the other's functions: the engine's side goes by name. */
export function linkCompartment(
  parts: Parts,
  memory: WebAssembly.Memory,
  services: Record<string, Functions>,
  seeContext: (context: number) => void,
): { app: Exports; engine: Exports } {
  let app: Exports = {};
  const face: Functions = {};
  for (const { module, name } of WebAssembly.Module.imports(parts.engine)) {
    if (module === "face") face[name] = (...values: number[]) => app[name]!(...values);
  }
  const engine = new WebAssembly.Instance(parts.engine, { env: { memory }, face } as WebAssembly.Imports);
  const open = engine.exports["QTS_NewContext"] as (...values: number[]) => number;
  const QTS_NewContext = (...values: number[]) => {
    const context = open(...values);
    seeContext(context);
    return context;
  };
  const instance = new WebAssembly.Instance(parts.glue, {
    ...services,
    env: { memory },
    engine: { ...engine.exports, QTS_NewContext },
  } as WebAssembly.Imports);
  app = instance.exports as Exports;
  return { app, engine: engine.exports as Exports };
}

/** A module's own globals, by the names that `exportGlobals` gave them. */
export function globalsOf(exports: WebAssembly.Exports): WebAssembly.Global<"i32" | "i64">[] {
  const globals: WebAssembly.Global<"i32" | "i64">[] = [];
  for (let index = 0; ; index++) {
    const global = exports[`global ${index}`];
    if (global === undefined) return globals;
    globals.push(global as WebAssembly.Global<"i32" | "i64">);
  }
}

export function setGlobals(exports: WebAssembly.Exports, values: readonly (number | bigint)[]): void {
  for (const [index, global] of globalsOf(exports).entries()) {
    if (global.value !== values[index]) (global as { value: unknown }).value = values[index];
  }
}
