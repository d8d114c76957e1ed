/**
 * Bundles a JavaScript or TypeScript app into the script that the engine runs.
 *
 * The script is the runtime, the app and the runtime's lazy parts, each ended by a NUL character (`Part` in
 * `src/runtime/host-call.ts`). The app is one module, so that its top level may await. Its source map stays
 * outside the script: what boots does not carry it.
 *
 * Tests:  bundle.test.ts
 */
import path from "node:path";
import { existsSync } from "node:fs";
import { build, type Metafile } from "esbuild";
import type { ManifestPackage } from "../abi/manifest.ts";
import { absentImports, absentModules, type AbsentImport } from "./absent-modules.ts";
import { appFiles } from "./app-files.ts";
import { asUserError } from "./bundle-errors.ts";
import { jsxFactories, USUAL_JSX } from "./jsx.ts";
import {
  codeOfApp,
  isNodeServer,
  isOurs,
  moduleEntry,
  NODE_GLOBALS,
  NODE_TIMERS,
  nodeModules,
  usesAsyncStorage,
} from "./node-modules.ts";
import { packageFiles } from "./package-files.ts";
import { bundledPackages, mergePackages } from "./packages.ts";
import { ENGINE_TARGET, runtimeScript } from "./runtime-script.ts";
import { usedServices, type OptionalService } from "./used-globals.ts";
import { chooseParts } from "./script-parts.ts";
import { UserError } from "./user-error.ts";
import { webSocketPackage, webSocketUse } from "./websocket-package.ts";

/** What the app's module is called in stack traces. */
const APP_FILE = "app.js";
/** Which of a package's variants fits: runtimes that have the Web's interfaces and no `node:` modules. */
const CONDITIONS = ["skerry", "workerd", "worker", "browser", "module"];
const TEXT_EXTENSIONS = [".txt", ".html", ".css", ".svg", ".md", ".sql"];
/** Where an app is, as it sees it. */
const DEFINED = {
  "process.env.NODE_ENV": '"production"',
  __dirname: '"/"',
  __filename: `"/${APP_FILE}"`,
  "import.meta.dirname": '"/"',
  "import.meta.filename": `"/${APP_FILE}"`,
  "import.meta.url": `"file:///${APP_FILE}"`,
};
/** The engine's own `await` calls no `then`: nobody could see its steps. */
const KEPT = { "top-level-await": true };
const LOWERED = { ...KEPT, "async-await": false, "async-generator": false, "for-await": false };
/** What only Node's timers have. */
const TIMER_METHOD = /\.unref\b/;
/** Occurs in the code of every app that can make one. */
const WEBSOCKET = /\bWebSocket/;
const NUL = "\0";

export interface Bundle {
  readonly script: string;
  /** Of the app's part, from `app.js` to the user's files. */
  readonly sourceMap: string;
  /** Every file of the app's, absolute, sorted. */
  readonly inputs: readonly string[];
  /** What was bundled that is not the user's own. */
  readonly packages: readonly ManifestPackage[];
  /** What of the kernel only some apps use, and this one does. */
  readonly services: readonly OptionalService[];
}

/** Throws `UserError` for what the user can mend: a missing file, a syntax error, an import that is not there. */
export async function bundleApp(entryFile: string): Promise<Bundle> {
  if (!existsSync(entryFile)) {
    throw new UserError("missing", `there is no file ${entryFile}`, "give the path of a .ts or .js file");
  }
  const directory = path.dirname(entryFile);
  const app = await buildApp(entryFile, directory);
  const own = await codeOfApp(app.code, app.metafile, directory);
  const webSockets = await webSocketUse(app.metafile, directory);
  const runtime = await runtimeScript(webSockets.serves || webSockets.asks || WEBSOCKET.test(own));
  const parts = await chooseParts(own);
  const output = Object.values(app.metafile.outputs).find((one) => one.entryPoint !== undefined);
  const hasHandler = output?.exports.includes("default") ?? false;
  const hasNodeServer = Object.keys(output?.inputs ?? {}).some((input) => isNodeServer(input, directory));
  if (output?.exports.includes("isolation") === true) refuseIsolation(entryFile);
  return {
    script: [runtime.text, app.code, ...parts.map(({ text }) => text)].map((part) => part + NUL).join(""),
    packages: mergePackages([
      ...bundledPackages(app.metafile, directory, "app"),
      ...[runtime, ...parts].flatMap(({ packages }) => packages),
    ]),
    sourceMap: app.sourceMap,
    inputs: Object.keys(app.metafile.inputs)
      .filter((input) => !isOurs(input, directory))
      .map((input) => path.resolve(directory, input))
      .sort(),
    services: await usedServices(app.code, own, {
      hasHandler,
      hasNodeServer,
      webSockets,
    }),
  };
}

/** Whoever writes that counts on it, and nothing would be kept apart. */
function refuseIsolation(entryFile: string): never {
  throw new UserError(
    "isolation",
    `${path.basename(entryFile)} exports "isolation", which no image reads: nothing would be kept apart`,
    'say isolation: "request" or "tenant" in skerry.config.ts, or --isolation; if it is something else, give it another name',
  );
}

interface App {
  readonly code: string;
  readonly sourceMap: string;
  readonly metafile: Metafile;
}

/** How an app is bundled; what it turns out to need makes it be bundled once more. */
interface Way {
  /** Answered by modules whose functions throw. */
  readonly absent: readonly AbsentImport[];
  /** Values are kept along its asynchronous calls: every step of its functions is to be seen. */
  readonly hasStorage: boolean;
  /** Its timers are objects. */
  readonly hasTimers: boolean;
}

async function buildApp(entryFile: string, directory: string): Promise<App> {
  let way: Way = { absent: [], hasStorage: false, hasTimers: false };
  const app = await buildOnce(entryFile, directory, way).catch((error: unknown) => {
    way = { ...way, absent: absentImports(error, directory) };
    if (way.absent.length === 0) throw asUserError(error);
    return buildAgain(entryFile, directory, way);
  });
  const hasStorage = await usesAsyncStorage(app.metafile, directory);
  const hasTimers = TIMER_METHOD.test(await codeOfApp(app.code, app.metafile, directory));
  if (!hasStorage && !hasTimers) return app;
  return buildAgain(entryFile, directory, { ...way, hasStorage, hasTimers });
}

/** The same, where what goes wrong is the user's to mend. */
function buildAgain(entryFile: string, directory: string, way: Way): Promise<App> {
  return buildOnce(entryFile, directory, way).catch((error: unknown) => {
    throw asUserError(error);
  });
}

async function buildOnce(entryFile: string, directory: string, way: Way): Promise<App> {
  const result = await build({
    entryPoints: [entryFile],
    absWorkingDir: directory,
    outfile: path.join(directory, APP_FILE),
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    mainFields: ["browser", "module", "main"],
    conditions: CONDITIONS,
    target: ENGINE_TARGET,
    supported: way.hasStorage ? LOWERED : KEPT,
    sourcemap: "external",
    // Comments and indents would be in the image, and the text of each function with them.
    minifyWhitespace: true,
    charset: "utf8",
    keepNames: true,
    legalComments: "none",
    jsx: USUAL_JSX,
    logLevel: "silent",
    loader: Object.fromEntries(TEXT_EXTENSIONS.map((extension) => [extension, "text" as const])),
    define: DEFINED,
    inject: way.hasTimers ? [...NODE_GLOBALS, NODE_TIMERS] : NODE_GLOBALS,
    plugins: [
      moduleEntry(entryFile, way.hasStorage),
      appFiles(directory),
      jsxFactories,
      absentModules(way.absent),
      packageFiles,
      webSocketPackage,
      nodeModules,
    ],
  });
  const code = result.outputFiles.find((file) => file.path.endsWith(".js"))!.text;
  // A NUL would end the part; the bundler escapes those inside strings, and elsewhere none is allowed.
  if (code.includes(NUL)) throw new UserError("bundle", `${entryFile} has a NUL character in its text`);
  const sourceMap = result.outputFiles.find((file) => file.path.endsWith(".map"))!.text;
  return { code, sourceMap, metafile: result.metafile };
}
