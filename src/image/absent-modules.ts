/**
 * Node's modules that no machine has: what stands in for each, and what a package that imports one sees.
 *
 * An app's own import of one stops the build: its author can mend that. Packages import them for what their users may
 * never ask for (a framework HTTP/2, a client its proxy), so that to a package the module is there, and each of its
 * functions throws when it is called, by name. What is a value in Node and asked for at a top level has Node's value.
 *
 * A `require` inside `try` is answered neither way: it fails when it runs, as it does in Node without the package.
 *
 * Tests: absent-modules.test.ts
 */
import path from "node:path";
import type { BuildFailure, Message, Plugin } from "esbuild";
import { ABSENT, moduleName, SOURCES } from "./node-modules.ts";

export interface AbsentModule {
  /** The functions and classes of Node 20's, by which packages find out what there is. */
  readonly functions: string;
  readonly values?: Readonly<Record<string, unknown>>;
  /** Under `promises` the module that is called so. */
  readonly hasPromises?: true;
  readonly instead?: string;
}

const NO_TERMINAL = "a machine has no terminal to read from";
const ONE_PROGRAM = "a machine has one program; another service is asked over fetch";

export const ABSENT_MODULES: Readonly<Record<string, AbsentModule>> = {
  child_process: {
    functions: "ChildProcess exec execFile execFileSync execSync fork spawn spawnSync",
    instead: ONE_PROGRAM,
  },
  cluster: {
    functions: "Worker disconnect fork setupMaster setupPrimary",
    values: { isMaster: true, isPrimary: true, isWorker: false, workers: {} },
    instead: "run more machines",
  },
  dgram: { functions: "Socket createSocket", instead: "an app in AssemblyScript has skerry/native/udp" },
  domain: { functions: "Domain create createDomain" },
  http2: {
    functions:
      "Http2ServerRequest Http2ServerResponse connect createSecureServer createServer getDefaultSettings getPackedSettings getUnpackedSettings performServerHandshake",
    values: { constants: {} },
    instead: "HTTP/1.1 by node:http or export default { fetch(request) { ... } }",
  },
  inspector: { functions: "Session close open url waitForDebugger" },
  module: { functions: "Module createRequire findSourceMap isBuiltin register syncBuiltinESMExports" },
  readline: {
    functions: "Interface clearLine clearScreenDown createInterface cursorTo emitKeypressEvents moveCursor",
    hasPromises: true,
    instead: NO_TERMINAL,
  },
  "readline/promises": { functions: "Interface Readline createInterface", instead: NO_TERMINAL },
  repl: { functions: "REPLServer Recoverable start writer", instead: NO_TERMINAL },
  sqlite: {
    functions: "DatabaseSync StatementSync backup",
    instead: "a database of its own, asked over fetch",
  },
  tls: {
    functions:
      "SecureContext Server TLSSocket checkServerIdentity connect convertALPNProtocols createSecureContext createSecurePair createServer getCiphers",
    values: { DEFAULT_MAX_VERSION: "TLSv1.3", DEFAULT_MIN_VERSION: "TLSv1.2", rootCertificates: [] },
    instead: "end TLS before the machine",
  },
  trace_events: { functions: "createTracing getEnabledCategories" },
  v8: {
    functions:
      "DefaultDeserializer DefaultSerializer Deserializer GCProfiler Serializer deserialize getHeapSnapshot getHeapSpaceStatistics getHeapStatistics serialize setFlagsFromString takeCoverage writeHeapSnapshot",
    instead: "structuredClone copies values",
  },
  vm: {
    functions:
      "Script compileFunction createContext isContext measureMemory runInContext runInNewContext runInThisContext",
    values: { constants: {} },
  },
  worker_threads: {
    functions:
      "BroadcastChannel MessageChannel MessagePort Worker getEnvironmentData markAsUntransferable moveMessagePortToContext receiveMessageOnPort setEnvironmentData",
    values: { isMainThread: true, parentPort: null, resourceLimits: {}, threadId: 0, workerData: null },
    instead: "MessageChannel, and isolation for requests that must not meet",
  },
};

/** A package's import of a module that is not there. */
export interface AbsentImport {
  /** The file, absolute. */
  readonly importer: string;
  /** The module, without `node:`. */
  readonly module: string;
}

/** Of what the bundler could not find: the imports that packages have of these modules. */
export function absentImports(error: unknown, directory: string): AbsentImport[] {
  const messages = (error as Partial<BuildFailure>).errors ?? [];
  return messages.flatMap((message) => {
    const module = unresolvedModule(message);
    const importer = path.resolve(directory, message.location?.file ?? "");
    if (module === undefined || !Object.hasOwn(ABSENT_MODULES, module)) return [];
    return importer.includes(`${path.sep}node_modules${path.sep}`) ? [{ importer, module }] : [];
  });
}

/** The name in an error that something was not found; packages and Node's modules, no files. */
export const unresolved = ({ text }: Message) => /^Could not resolve "([^"./][^"]*)"/.exec(text)?.[1];

/** The module of Node's that an error says was not found. */
export function unresolvedModule(message: Message): string | undefined {
  const name = unresolved(message);
  return name === undefined ? undefined : moduleName(name);
}

/** Answers these imports, and no others. */
export function absentModules(imports: readonly AbsentImport[]): Plugin {
  const answered = new Set(imports.map(({ importer, module }) => `${module} ${importer}`));
  return {
    name: "absent-modules",
    setup(bundler) {
      bundler.onResolve({ filter: /^[a-z]/ }, ({ path: name, importer, namespace }) => {
        const module = moduleName(name);
        const isOne = namespace === ABSENT ? module !== undefined : answered.has(`${module} ${importer}`);
        return isOne ? { path: module!, namespace: ABSENT, sideEffects: false } : undefined;
      });
      bundler.onLoad({ filter: /./, namespace: ABSENT }, ({ path: module }) => ({
        contents: source(module),
        resolveDir: SOURCES,
      }));
    },
  };
}

function source(module: string): string {
  const { functions, values = {}, hasPromises, instead = null } = ABSENT_MODULES[module]!;
  const words = [module, functions.split(" "), instead].map((word) => JSON.stringify(word)).join(", ");
  const promises = hasPromises ? `, promises: require("${module}/promises")` : "";
  return `const { absent } = require("./absent.ts");
module.exports = { ...absent(${words}), ...${JSON.stringify(values)}${promises} };`;
}
