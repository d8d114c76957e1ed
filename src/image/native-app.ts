/**
 * An AssemblyScript app: recognised by its imports, compiled to the app compartment's one module.
 *
 * What was compiled is kept with the hashes of all files that were read, and holds as long as they do.
 *
 * Tests: native-app.test.ts
 */
import path from "node:path";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { compileAssembly, type AssemblyOutput } from "./assembly.ts";
import { cached, keyOf } from "./cache.ts";
import { PACKAGE_ROOT } from "./package-root.ts";

/** An entry that imports `skerry/native/...` is AssemblyScript: those modules mean nothing in JavaScript. */
export function isNativeSource(source: string): boolean {
  return /^\s*(import|export)\b[^;]*\bfrom\s*["']skerry\/native\//m.test(source);
}

/** As it is kept: JSON. */
interface Kept {
  readonly inputs: readonly (readonly [file: string, sha256: string])[];
  /** Base64. */
  readonly wasm: string;
  readonly sourceMap?: string;
}

/** Compiles the app; names and source map stand beside the module for reports. */
export async function buildNativeApp(entryFile: string): Promise<AssemblyOutput> {
  const compiler = readFileSync(path.join(PACKAGE_ROOT, "package.json"));
  const kept = await cached(keyOf("native-app", [compiler, entryFile]), () => compile(entryFile), isCurrent);
  const { inputs, wasm, sourceMap } = JSON.parse(new TextDecoder().decode(kept)) as Kept;
  return {
    inputs: inputs.map(([file]) => file),
    wasm: new Uint8Array(Buffer.from(wasm, "base64")),
    ...(sourceMap === undefined ? {} : { sourceMap }),
  };
}

async function compile(entryFile: string): Promise<Uint8Array> {
  const { inputs, wasm, sourceMap } = await compileAssembly(
    path.dirname(entryFile),
    path.basename(entryFile),
    { asserts: true, names: true, sourceMap: true },
  );
  const kept: Kept = {
    inputs: inputs.map((file) => [file, hashOf(file) ?? ""]),
    wasm: Buffer.from(wasm).toString("base64"),
    ...(sourceMap === undefined ? {} : { sourceMap }),
  };
  return new TextEncoder().encode(JSON.stringify(kept));
}

function isCurrent(bytes: Uint8Array): boolean {
  try {
    const { inputs } = JSON.parse(new TextDecoder().decode(bytes)) as Kept;
    return inputs.length > 0 && inputs.every(([file, sha256]) => hashOf(file) === sha256);
  } catch {
    return false;
  }
}

function hashOf(file: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return undefined;
  }
}
