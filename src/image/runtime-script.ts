/**
 * The runtime's sources as scripts: what is evaluated before the app, and the parts that wait until used.
 *
 * Built by the same bundler as the app, from `src/runtime`, each as one expression.
 */
import path from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import type { ManifestPackage } from "../abi/manifest.ts";
import { bundledPackages } from "./packages.ts";
import { PACKAGE_ROOT } from "./package-root.ts";

/** The newest syntax that the engine parses. */
export const ENGINE_TARGET = "es2023";
const RUNTIME = path.join(PACKAGE_ROOT, "src/runtime");
/** The name of what a part exports, inside the function that makes it an expression. */
const EXPORTS = "skerryExports";

/** A script, and the packages that it is made from. */
export interface Script {
  readonly text: string;
  readonly packages: readonly ManifestPackage[];
}

const scripts = new Map<string, Promise<Script>>();

/** What is evaluated before the app, with WebSockets or without. */
export function runtimeScript(hasWebSockets: boolean): Promise<Script> {
  return builtOnce(hasWebSockets ? "main" : "main without WebSockets", () =>
    expression("main.ts", {
      banner: { js: "(skerryHost)=>{" },
      footer: { js: `return ${EXPORTS}.calls}` },
      plugins: hasWebSockets ? [ownModules] : [ownModules, noWebSockets],
    }),
  );
}

/** A part of the script, by its file's name; built when the first app needs it. */
export function partScript(name: string): Promise<Script> {
  return builtOnce(`parts/${name}`, () => expression(`parts/${name}.ts`, PART_FRAME));
}

/** Once a process: no script depends on the app but by what it has. */
function builtOnce(name: string, build: () => Promise<Script>): Promise<Script> {
  const known = scripts.get(name);
  if (known !== undefined) return known;
  const built = build();
  scripts.set(name, built);
  return built;
}

/** Packages in parts get no coding of text from the global scope: ours may need theirs. */
const PART_FRAME: BuildOptions = {
  banner: { js: "(()=>{" },
  footer: { js: `return ${EXPORTS}})()` },
  define: { "globalThis.TextDecoder": "undefined", "globalThis.TextEncoder": "undefined" },
};

/** Two modules of the URL parser's package have our own in their place: the face has UTF-8, tables are lazy. */
const ownModules: Plugin = {
  name: "own-modules",
  setup(bundler) {
    bundler.onResolve({ filter: /^tr46$|^\.\/encoding$/ }, ({ path: name, importer }) => {
      if (!importer.includes("whatwg-url")) return undefined;
      return { path: path.join(RUNTIME, name === "tr46" ? "domains.ts" : "url-encoding.ts") };
    });
  },
};

const noWebSockets: Plugin = {
  name: "no-websockets",
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/websockets\.ts$/ }, () => ({
      path: path.join(RUNTIME, "no-websockets.ts"),
    }));
  },
};

async function expression(file: string, options: BuildOptions): Promise<Script> {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.join(RUNTIME, file)],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    // Class names are seen by apps.
    keepNames: true,
    format: "iife",
    globalName: EXPORTS,
    platform: "neutral",
    mainFields: ["module", "main"],
    target: ENGINE_TARGET,
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    // A project's own settings for its editor have no say in this.
    tsconfigRaw: {},
    ...options,
  });
  return {
    text: outputFiles![0]!.text,
    packages: bundledPackages(metafile!, process.cwd(), "runtime"),
  };
}
