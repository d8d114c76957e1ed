/**
 * AssemblyScript in, Wasm out: the one place that knows `asc` and its options.
 *
 * Options are part of the contract with the later compiler: Wasm features are listed, never defaulted, and the
 * runtime is the stub one, so no garbage collector is ever in a kernel.
 */
import path from "node:path";
import { readFile } from "node:fs/promises";
import { PACKAGE_ROOT } from "./package-root.ts";
import { UserError } from "./user-error.ts";

/** Its standard library becomes part of what it compiles. */
export const ASSEMBLY_PACKAGE = "assemblyscript";

export interface AssemblyOptions {
  /** Sources that exist in memory only, by path relative to `baseDirectory`. */
  readonly virtualFiles?: Readonly<Record<string, string>>;
  /** Keeps function names in the module's name section. */
  readonly names?: boolean;
  readonly sourceMap?: boolean;
  /** The module imports its memory as `env.memory` and puts its static data at this address. */
  readonly sharedMemoryBase?: number;
  /** asserts and bounds checks trap with a message (`panic`); off, they trap where the hardware does. */
  readonly asserts?: boolean;
  readonly initialPages?: number;
  readonly extraArguments?: readonly string[];
}

export interface AssemblyOutput {
  readonly wasm: Uint8Array;
  readonly sourceMap?: string;
  /** Every source file that was read, absolute. */
  readonly inputs: readonly string[];
}

/** How the compiler asks for `skerry/native/...`; answered from here, wherever the app stands. */
const OWN_PACKAGE = "node_modules/skerry/";

const FEATURES = ["sign-extension", "mutable-globals", "nontrapping-f2i", "bulk-memory", "simd"];

/** Compiles `entry` (relative to `baseDirectory`). Throws `UserError` with the compiler's messages. */
export async function compileAssembly(
  baseDirectory: string,
  entry: string,
  options: AssemblyOptions = {},
): Promise<AssemblyOutput> {
  // Loaded when first needed: the compiler takes a second to load, and a cached build does not need it.
  const { default: asc } = await import("assemblyscript/asc");
  const outputs = new Map<string, string | Uint8Array>();
  const inputs = new Set<string>();
  const messages: string[] = [];
  const collect = { write: (text: string | Uint8Array) => (messages.push(String(text)), true) };
  const { error } = await asc.main([entry, ...commandLine(options)], {
    stdout: collect,
    stderr: collect,
    async readFile(name: string, directory: string) {
      const virtual = options.virtualFiles?.[name];
      if (virtual !== undefined) return virtual;
      const file = name.startsWith(OWN_PACKAGE)
        ? path.join(PACKAGE_ROOT, "src", name.slice(OWN_PACKAGE.length))
        : path.resolve(baseDirectory, directory, name);
      try {
        const text = await readFile(file, "utf8");
        inputs.add(file);
        return text;
      } catch {
        return null;
      }
    },
    writeFile(name: string, contents: string | Uint8Array) {
      outputs.set(name, contents);
    },
    listFiles: () => [],
  });
  const wasm = outputs.get("out.wasm");
  if (error !== null || !(wasm instanceof Uint8Array)) {
    throw new UserError("assembly", `AssemblyScript does not compile: ${entry}\n${messages.join("").trim()}`);
  }
  const map = outputs.get("out.wasm.map");
  return {
    wasm,
    inputs: [...inputs].sort(),
    ...(typeof map === "string" ? { sourceMap: map } : {}),
  };
}

function commandLine(options: AssemblyOptions): string[] {
  const line = ["--outFile", "out.wasm", "-O3", "--runtime", "stub"];
  for (const feature of FEATURES) line.push("--enable", feature);
  line.push("--disableWarning", "235");
  if (options.names === true) line.push("--debug");
  if (options.sourceMap === true) line.push("--sourceMap");
  if (options.asserts !== true) line.push("--noAssert");
  if (options.sharedMemoryBase !== undefined) {
    line.push("--importMemory", "--memoryBase", String(options.sharedMemoryBase));
  }
  if (options.initialPages !== undefined) line.push("--initialMemory", String(options.initialPages));
  if (options.extraArguments !== undefined) line.push(...options.extraArguments);
  return line;
}
