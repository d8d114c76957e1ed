/**
 * Node's modules in the bundle of an app: which of them there are, and how an import of one is answered.
 *
 * `node:events` and `events` are the same module, as in Node: a package of that name does not come before it. A module
 * that we have not is left to the bundler, whose error names the importer and the line (`bundle-errors.ts` says what
 * there is), but for what packages import of it (`absent-modules.ts`); a `require` inside `try` then fails when it runs.
 *
 * `require` gives what `module.exports` is in Node: the default export of ours.
 */
import path from "node:path";
import { builtinModules } from "node:module";
import { readFile } from "node:fs/promises";
import type { Metafile, OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { PACKAGE_ROOT } from "./package-root.ts";

export const SOURCES = path.join(PACKAGE_ROOT, "src/node");
/** What `require` of one of ours goes through. */
const REQUIRED = "node-required";
/** Where what stands for a module that we have not comes from: `absent-modules.ts`. */
export const ABSENT = "node-absent";
const BUILTIN = new Set(builtinModules);

/** What there is: the module's name, and its file in `src/node`. */
export const NODE_MODULES: Readonly<Record<string, string>> = {
  assert: "assert.ts",
  "assert/strict": "assert-strict.ts",
  async_hooks: "async-hooks.ts",
  buffer: "buffer.ts",
  console: "console.ts",
  crypto: "crypto.ts",
  dns: "dns.ts",
  "dns/promises": "dns-promises.ts",
  diagnostics_channel: "diagnostics-channel.ts",
  events: "events.ts",
  fs: "fs.ts",
  "fs/promises": "fs-promises.ts",
  http: "http.ts",
  https: "https.ts",
  net: "net.ts",
  os: "os.ts",
  path: "path.ts",
  "path/posix": "path.ts",
  perf_hooks: "perf-hooks.ts",
  process: "process.ts",
  querystring: "querystring.ts",
  stream: "stream.ts",
  "stream/promises": "stream-promises.ts",
  "stream/web": "stream-web.ts",
  string_decoder: "string-decoder.ts",
  timers: "timers.ts",
  "timers/promises": "timers-promises.ts",
  tty: "tty.ts",
  url: "url.ts",
  util: "util.ts",
  "util/types": "util-types.ts",
  zlib: "zlib.ts",
};

/** Names that code takes from Node's global scope: the file is in the bundle where one of its names is. */
export const NODE_GLOBALS = ["global-buffer.ts", "global-process.ts", "global-scope.ts"].map((file) =>
  path.join(SOURCES, file),
);

/** Whether an input of a bundle is ours, and none of the app's files. */
export function isOurs(input: string, directory: string): boolean {
  if ([REQUIRED, ABSENT].some((namespace) => input.startsWith(`${namespace}:`))) return true;
  return path.resolve(directory, input).startsWith(path.join(PACKAGE_ROOT, "src") + path.sep);
}

/** Whether an input is the server of `node:http`. */
export function isNodeServer(input: string, directory: string): boolean {
  return path.resolve(directory, input) === path.join(SOURCES, "http/server.ts");
}

/** Of the same kind, for apps that treat timers as Node's. */
export const NODE_TIMERS = path.join(SOURCES, "global-timers.ts");

/**
 * Whether the app has an AsyncLocalStorage: a file that imports `async_hooks` says the word. Many import it for
 * AsyncResource alone, which needs nothing of the bundler.
 */
export async function usesAsyncStorage({ inputs }: Metafile, directory: string): Promise<boolean> {
  const isHooks = (input: string) => input.endsWith(`src/node/${NODE_MODULES["async_hooks"]}`);
  const importers = Object.entries(inputs)
    .filter(([input, { imports }]) => !isOurs(input, directory) && imports.some((one) => isHooks(one.path)))
    .map(([input]) => readFile(path.resolve(directory, input), "utf8"));
  return (await Promise.all(importers)).some((text) => text.includes("AsyncLocalStorage"));
}

/** Of our own modules, what uses the parts of the script whose words it has; others only name them for the app. */
const USES_PARTS = new Set(["zlib.ts"].map((file) => path.join(SOURCES, file)));

/**
 * The code by which the parts of the script are chosen: the bundle's, or where modules of ours are in it, the app's
 * own files that are.
 */
export async function codeOfApp(code: string, { outputs }: Metafile, directory: string): Promise<string> {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  if (!inputs.some((input) => isOurs(input, directory))) return code;
  const files = inputs
    .filter((input) => !isOurs(input, directory) || USES_PARTS.has(path.resolve(directory, input)))
    // What is no file (`data:`) is the bundle's to show.
    .map((input) => readFile(path.resolve(directory, input), "utf8").catch(() => code));
  return (await Promise.all(files)).join("\n");
}

/** A script by itself: nothing of modules of either kind, and an `eval` that might name them. */
const isScript = (text: string) =>
  /\beval\s*\(/.test(text) && !/^\s*(?:import|export)\b|\b(?:module|exports|require)\b/m.test(text);

/**
 * The bundler takes some entries for CommonJS that are none: one with an `eval`, which it cannot see into, and, when async
 * functions are lowered, one that imports and exports nothing and whose top level has an arrow function. An empty export
 * says what they are.
 */
export function moduleEntry(entryFile: string, isLowered: boolean): Plugin {
  return {
    name: "module-entry",
    setup(bundler) {
      const filter = new RegExp(`^${entryFile.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);
      bundler.onLoad({ filter }, async ({ path: file }) => {
        const text = await readFile(file, "utf8").catch(() => "");
        const loader = /\.m?ts$/.test(file) ? "ts" : file.endsWith(".tsx") ? "tsx" : "jsx";
        const isModule = isScript(text) || (isLowered && /^\s*import\b/m.test(text));
        return isModule ? { contents: `${text}\nexport {};\n`, loader } : undefined;
      });
    },
  };
}

/** Our own modules are written on each other, and the streams' package on ours. */
const isOwn = (importer: string) => importer.startsWith(SOURCES) || importer.includes("/readable-stream/");

export const nodeModules: Plugin = {
  name: "node-modules",
  setup(bundler) {
    bundler.onResolve({ filter: /^[a-z]/ }, resolveModule);
    bundler.onResolve({ filter: /./, namespace: REQUIRED }, ({ path: file }) => ({
      path: file,
      sideEffects: false,
    }));
    bundler.onLoad({ filter: /./, namespace: REQUIRED }, ({ path: file }) => ({
      contents: `module.exports = require(${JSON.stringify(file)}).default;`,
      resolveDir: SOURCES,
    }));
  },
};

function resolveModule({
  path: name,
  kind,
  importer,
  namespace,
}: OnResolveArgs): OnResolveResult | undefined {
  if (kind === "entry-point" || namespace === REQUIRED) return undefined;
  const bare = moduleName(isOwn(importer) ? name.replace(/\/$/, "") : name);
  if (bare === undefined || !Object.hasOwn(NODE_MODULES, bare)) return undefined;
  return standIn(path.join(SOURCES, NODE_MODULES[bare]!), kind);
}

/** One of our files in the place of what was imported. */
export function standIn(file: string, kind: OnResolveArgs["kind"]): OnResolveResult {
  if (kind === "require-call" || kind === "require-resolve") return { path: file, namespace: REQUIRED };
  return { path: file, sideEffects: false };
}

/** The name without `node:`; undefined where it is none of Node's. */
export function moduleName(name: string): string | undefined {
  const bare = name.replace(/^node:/, "");
  return bare !== name || BUILTIN.has(bare) ? bare : undefined;
}
