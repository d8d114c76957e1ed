/**
 * Prepares the JavaScript engine: QuickJS as its package ships it, with names that say what they are.
 *
 * The package's module has minified import and export names, made for its own loader. What they mean is not
 * guessed: the loader is run with a module that does not exist, and shows which export it calls what; an
 * import's meaning is read from the function that the loader gives for it, and from its signature. Every name
 * must be accounted for exactly once. A package that differs from the pinned one is an error here, at build
 * time, and never a wrong call in an image.
 *
 * In the prepared module imports are `face.<name>` and `env.memory`; exports are `malloc`, `free`, `QTS_...`. What it
 * has beyond the package's is in engine-frames.ts, engine-rejections.ts and engine-heap.ts.
 *
 * Tests:  engine.test.ts
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { renameStack } from "./engine-frames.ts";
import { addHeap } from "./engine-heap.ts";
import { addRejectionTracker } from "./engine-rejections.ts";
import { exportedFunction, moduleNames, renameModule } from "./wasm-names.ts";

export const ENGINE_PACKAGE = "@jitl/quickjs-wasmfile-release-sync";

export interface Engine {
  readonly wasm: Uint8Array;
  /** Limits of the memory that the engine and its face share, in pages of 64 KiB. */
  readonly memoryPages: { readonly initial: number; readonly maximum: number };
}

/** How an import is told from the others: the text of the loader's function and the signature. */
interface ImportRule {
  readonly name: string;
  readonly text: RegExp;
  readonly signature: string;
}

const IMPORT_RULES: readonly ImportRule[] = [
  { name: "assertFail", text: /Assertion failed/, signature: "i32 i32 i32 i32 ->" },
  { name: "abort", text: /^\(\)=>\w+\(""\)$/, signature: "->" },
  { name: "clearKeepalive", text: /^\(\)=>\{\w+=!1;\w+=0\}$/, signature: "->" },
  { name: "localTime", text: /\.getDay\(\)/, signature: "i64 i32 ->" },
  { name: "setIntervalTimer", text: /clearTimeout\(/, signature: "i32 f64 -> i32" },
  { name: "setTimeZone", text: /\.padStart\(/, signature: "i32 i32 i32 i32 ->" },
  { name: "dateNow", text: /^\(\)=>Date\.now\(\)$/, signature: "-> f64" },
  { name: "resizeHeap", text: /\.grow\(/, signature: "i32 -> i32" },
  { name: "environmentGet", text: /,Infinity\)\+1/, signature: "i32 i32 -> i32" },
  { name: "environmentSizesGet", text: /\]=\w+\.length;[^]*\+1;/, signature: "i32 i32 -> i32" },
  { name: "fdClose", text: /^\(\)=>52$/, signature: "i32 -> i32" },
  { name: "fdSeek", text: /return 70/, signature: "i32 i64 i32 i32 -> i32" },
  { name: "fdWrite", text: /\.decode\([^]*\.push\(/, signature: "i32 i32 i32 i32 -> i32" },
  { name: "processExit", text: /onExit/, signature: "i32 ->" },
  { name: "callFunction", text: /callbacks\.callFunction\(/, signature: "i32 i32 i32 i32 i32 -> i32" },
  { name: "shouldInterrupt", text: /callbacks\.shouldInterrupt\(/, signature: "i32 -> i32" },
  { name: "loadModuleSource", text: /callbacks\.loadModuleSource\(/, signature: "i32 i32 i32 -> i32" },
  { name: "normalizeModule", text: /callbacks\.normalizeModule\(/, signature: "i32 i32 i32 i32 -> i32" },
  { name: "freeHostRef", text: /callbacks\.freeHostRef\(/, signature: "i32 i32 ->" },
];

/** Exports that the loader keeps for itself, told by their signatures. */
const INTERNAL_EXPORTS: Readonly<Record<string, string>> = {
  "->": "initialize",
  "i32 f64 ->": "timerFired",
  "i32 ->": "stackRestore",
  "i32 -> i32": "stackAllocate",
  "-> i32": "stackCurrent",
};

type Loader = (options: {
  instantiateWasm(imports: WebAssembly.Imports, receive: (instance: unknown) => void): void;
}) => Promise<unknown>;

let prepared: Promise<Engine> | undefined;

/** The package's module under its real names: made once, for it is the same for every app. */
export function prepareEngine(): Promise<Engine> {
  return (prepared ??= renameEngine());
}

async function renameEngine(): Promise<Engine> {
  const require = createRequire(import.meta.url);
  const directory = path.dirname(require.resolve(ENGINE_PACKAGE));
  const wasm = new Uint8Array(await readFile(path.join(directory, "emscripten-module.wasm")));
  const { default: loader } = (await import(
    pathToFileURL(path.join(directory, "emscripten-module.mjs")).href
  )) as { default: Loader };
  const names = moduleNames(wasm);
  if (names.memory === undefined) throw mismatch("it imports no memory");
  const seen = await watchLoader(loader);
  const imports = nameImports(names.imports, seen.imports);
  const exports = nameExports(names.exports, seen.exportNames);
  const renamed = renameModule(
    wasm,
    (old) => {
      const name = imports.get(old.name);
      return name === undefined ? { module: "env", name: "memory" } : { module: "face", name };
    },
    (old) => exports.get(old)!,
  );
  const host = [...imports.values()].indexOf("callFunction");
  const malloc = exportedFunction(renamed, "malloc");
  const free = exportedFunction(renamed, "free");
  const whole = addHeap(addRejectionTracker(renameStack(renamed), host), { malloc, free });
  return { wasm: whole, memoryPages: names.memory };
}

interface Seen {
  readonly imports: Readonly<Record<string, unknown>>;
  /** Minified to real name, for the exports that the loader publishes. */
  readonly exportNames: ReadonlyMap<string, string>;
}

/** Runs the package's loader on a module of nothing but functions that know their own name. */
async function watchLoader(loader: Loader): Promise<Seen> {
  const minified = new Map<unknown, string>();
  const exports = new Proxy<Record<string, unknown>>(
    {},
    {
      get(target, name) {
        // The loader resolves a promise with the exports: they must not look like a promise themselves.
        if (typeof name !== "string" || name === "then") return undefined;
        const stub = (target[name] ??= () => 0);
        minified.set(stub, name);
        return stub;
      },
    },
  );
  let given: WebAssembly.Imports = {};
  const published = (await loader({
    instantiateWasm(imports, receive) {
      given = imports;
      receive({ exports });
    },
  })) as Record<string, unknown>;
  const exportNames = new Map<string, string>();
  for (const [name, value] of Object.entries(published)) {
    const old = minified.get(value);
    if (old !== undefined) exportNames.set(old, name.replace(/^_/, ""));
  }
  const modules = Object.values(given);
  if (modules.length !== 1) throw mismatch("its imports come from several modules");
  return { imports: modules[0] as Record<string, unknown>, exportNames };
}

function nameImports(
  signatures: ReadonlyMap<string, string>,
  given: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [old, signature] of signatures) {
    const text = String(given[old]).replace(/\s+/g, " ");
    const matching = IMPORT_RULES.filter((rule) => rule.signature === signature && rule.text.test(text));
    if (matching.length !== 1) {
      throw mismatch(
        `its import ${old} (${signature}) could be ${matching.map((one) => one.name).join(" or ") || "nothing known"}`,
      );
    }
    names.set(old, matching[0]!.name);
  }
  requireAll(names, new Set(IMPORT_RULES.map((rule) => rule.name)), "import");
  return names;
}

function nameExports(
  signatures: ReadonlyMap<string, string>,
  published: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [old, signature] of signatures) {
    const name = published.get(old) ?? INTERNAL_EXPORTS[signature];
    if (name === undefined) throw mismatch(`its export ${old} (${signature}) has no meaning`);
    names.set(old, name);
  }
  requireAll(names, new Set([...published.values(), ...Object.values(INTERNAL_EXPORTS)]), "export");
  return names;
}

/** Each of `expected` is the meaning of exactly one name. */
function requireAll(names: ReadonlyMap<string, string>, expected: ReadonlySet<string>, what: string): void {
  const found = [...names.values()];
  for (const name of expected) {
    const count = found.filter((one) => one === name).length;
    if (count !== 1) throw mismatch(`${count} of its ${what}s are ${name}, one should be`);
  }
  if (found.length !== expected.size) throw mismatch(`it has ${found.length} ${what}s, not ${expected.size}`);
}

function mismatch(why: string): Error {
  return new Error(`the JavaScript engine's package is not the one this version knows: ${why}`);
}
