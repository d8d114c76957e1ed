/**
 * AssemblyScript under test: compiles a small root beside the test and instantiates it in Node.
 *
 * Kernel code is tested as the Wasm it will be. A test writes an AssemblyScript root as text (it may import
 * anything below `src/kernel`), gives the platform functions it wants to watch, and calls the exports.
 */
import path from "node:path";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { assemblyString } from "../src/targets/node/compartment.ts";
import { compileAssembly, type AssemblyOptions } from "../src/image/assembly.ts";

const KERNEL = path.resolve(import.meta.dirname, "../src/kernel");
const CACHE = path.resolve(import.meta.dirname, "../.cache/assembly-test");

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type TestExports = Record<string, any> & { memory: WebAssembly.Memory };
type Functions = Record<string, (...values: never[]) => unknown>;

/** Missing imports throw with their own name when they are called; failed asserts throw with their message. */
function fill(
  module: WebAssembly.Module,
  given: Record<string, Functions>,
  memory: () => WebAssembly.Memory,
): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const wanted of WebAssembly.Module.imports(module)) {
    const table = (imports[wanted.module] ??= {});
    if (wanted.module === "env" && wanted.name === "abort") {
      table[wanted.name] = (message: number) => {
        throw new Error(assemblyString(memory(), message) || "abort");
      };
      continue;
    }
    table[wanted.name] =
      given[wanted.module]?.[wanted.name] ??
      (() => {
        throw new Error(`the test gives no ${wanted.module}.${wanted.name}`);
      });
  }
  return imports;
}

/**
 * Compiles the AssemblyScript `source` as if it were the file `src/kernel/<name>` and instantiates it.
 * `name` decides what relative imports mean, for instance "net/tcp/segment.harness.ts".
 */
export async function assemble(
  name: string,
  source: string,
  imports: Record<string, Functions> = {},
  options: AssemblyOptions = {},
): Promise<TestExports> {
  const module = new WebAssembly.Module((await compileCached(name, source, options)) as BufferSource);
  const instance: WebAssembly.Instance = new WebAssembly.Instance(
    module,
    fill(module, imports, () => instance.exports["memory"] as WebAssembly.Memory),
  );
  return instance.exports as TestExports;
}

/** As `assemble`, but only the Wasm bytes, for tests that instantiate several times. */
export async function compileCached(
  name: string,
  source: string,
  options: AssemblyOptions = {},
): Promise<Uint8Array> {
  mkdirSync(CACHE, { recursive: true });
  const key = createHash("sha256")
    .update(JSON.stringify([name, source, options]))
    .digest("hex")
    .slice(0, 24);
  const wasmFile = path.join(CACHE, `${key}.wasm`);
  const inputsFile = path.join(CACHE, `${key}.json`);
  if (existsSync(wasmFile) && existsSync(inputsFile)) {
    const builtAt = statSync(wasmFile).mtimeMs;
    const inputs = JSON.parse(readFileSync(inputsFile, "utf8")) as string[];
    if (inputs.every((file) => existsSync(file) && statSync(file).mtimeMs < builtAt)) {
      return new Uint8Array(readFileSync(wasmFile));
    }
  }
  const started = Date.now();
  const output = await compileAssembly(KERNEL, name, {
    asserts: true,
    names: true,
    ...options,
    virtualFiles: { ...options.virtualFiles, [name]: source },
  });
  // The file's time is when compilation began: an input saved meanwhile makes it stale.
  const temporary = `${wasmFile}.${process.pid}`;
  writeFileSync(temporary, output.wasm);
  utimesSync(temporary, started / 1000, started / 1000);
  renameSync(temporary, wasmFile);
  writeFileSync(inputsFile, JSON.stringify(output.inputs));
  return output.wasm;
}

/** Reads UTF-8 from a module's memory. */
export function textAt(memory: WebAssembly.Memory, pointer: number, length: number): string {
  return new TextDecoder().decode(new Uint8Array(memory.buffer, pointer, length));
}
