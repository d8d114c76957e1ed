/**
 * The entry as an app of Node: one file, made by the bundler, that serves what the image serves.
 *
 * Tests: tests/functional/compare.test.ts
 */
import path from "node:path";
import { build, type BuildFailure } from "esbuild";
import { PACKAGE_ROOT } from "../image/package-root.ts";
import { messageOf, NotHere } from "./not-here.ts";

const ADAPTER = path.join(PACKAGE_ROOT, "src/compare/adapter/serve.mjs");
const ENTRY = "skerry:entry";
/** As the image's own bundle takes them. */
const TEXT_EXTENSIONS = [".txt", ".html", ".css", ".svg", ".md", ".sql"];
/** Packages of the older kind ask for Node's modules by `require`. */
const REQUIRE =
  'import { createRequire as skerryRequire } from "node:module"; const require = skerryRequire(import.meta.url);';

export interface NodeApp {
  readonly code: Uint8Array;
  readonly servedBy: string;
  /** What it finds in `process.env`. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface NodeAppWish {
  /** It names `env.ASSETS`, or is nothing but files. */
  readonly hasAssets: boolean;
  readonly face: "js" | "native";
  readonly environment: Readonly<Record<string, string>>;
}

/** Rejects with `NotHere` for an app that Node has no way to serve. */
export async function nodeApp(
  entryFile: string,
  { hasAssets, face, environment }: NodeAppWish,
): Promise<NodeApp> {
  if (hasAssets) throw new NotHere("the image serves files by Skerry's kernel: Node has no same service");
  if (face === "native") {
    throw new NotHere("the entry is Wasm for Skerry's kernel: there is no same app for Node");
  }
  const result = await build({
    entryPoints: [ADAPTER],
    absWorkingDir: path.dirname(entryFile),
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    target: `node${process.versions.node}`,
    define: { "process.env.NODE_ENV": '"production"' },
    banner: { js: REQUIRE },
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "silent",
    loader: Object.fromEntries(TEXT_EXTENSIONS.map((extension) => [extension, "text" as const])),
    alias: { [ENTRY]: entryFile },
  }).catch((error: unknown) => {
    throw new NotHere(`the entry does not bundle for Node: ${firstMistake(error)}`);
  });
  const hasHandler = await exportsDefault(entryFile);
  return {
    code: result.outputFiles[0]!.contents,
    environment,
    servedBy: hasHandler
      ? "the entry's fetch, called by a small adapter of node:http"
      : "the entry's own server of node:http",
  };
}

/** What the bundler has against it. */
function firstMistake(error: unknown): string {
  const { errors = [] } = error as Partial<BuildFailure>;
  return errors[0]?.text ?? messageOf(error);
}

async function exportsDefault(entryFile: string): Promise<boolean> {
  const { metafile } = await build({
    entryPoints: [entryFile],
    write: false,
    outdir: path.dirname(entryFile),
    metafile: true,
    format: "esm",
    logLevel: "silent",
  });
  return Object.values(metafile.outputs).some(({ exports }) => exports.includes("default"));
}
