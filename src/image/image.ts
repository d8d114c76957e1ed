/**
 * An image: everything a target needs to start a machine, made from one entry.
 *
 *   server.ts ── bundle ──► script ┐
 *   (glue, engine: as they are)    ├─ services they import ─► kernel.wasm ─► Image
 *   main.ts (AssemblyScript) ──────┘
 *   a folder of files ─► assets, served by the kernel, alone or beside an app
 */
import path from "node:path";
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Face, Manifest, ManifestModule, ManifestPackage } from "../abi/manifest.ts";
import { ASSEMBLY_PACKAGE } from "./assembly.ts";
import type { AssetsWish } from "./assets/assets.ts";
import { isolationOf, requireApart, type IsolationOption } from "./isolation.ts";
import { buildKernel } from "./kernel.ts";
import { buildNativeApp, isNativeSource } from "./native-app.ts";
import { dependency, mergePackages, packagesOfFiles } from "./packages.ts";
import { networked, servicesOf, withRequired } from "./services.ts";
import { UserError } from "./user-error.ts";

export interface Image {
  readonly manifest: Manifest;
  readonly kernel: Uint8Array;
  readonly app: Uint8Array;
  /** The JavaScript engine, in the app's compartment. */
  readonly engine?: Uint8Array;
  /** Of the engine's memory, in pages of 64 KiB. */
  readonly enginePages?: { readonly initial: number; readonly maximum: number };
  /** The script the engine runs. */
  readonly script?: string;
  /** Files that the kernel serves: `src/abi/assets.ts`. */
  readonly assets?: Uint8Array;
  /** Of the script, or of the AssemblyScript app: never part of what boots. */
  readonly sourceMap?: string;
  /** Every source file of the app: what `dev` watches. */
  readonly inputs: readonly string[];
  /** Folders in which every file counts. */
  readonly inputFolders?: readonly string[];
}

export interface ImageWish {
  /** A networked image has IPv6 even where its app gives no reason for it (`networked`). */
  readonly hasIpv6?: boolean;
  /** How requests are kept apart; without it one compartment answers all. */
  readonly isolation?: IsolationOption | undefined;
  /** What its app may begin to talk to, beside what it is granted at its start: well-formed grants. */
  readonly outbound?: readonly string[];
  /** Files that it serves beside its app. */
  readonly assets?: AssetsWish | undefined;
}

type AppParts = Pick<Image, "app" | "engine" | "enginePages" | "script" | "sourceMap" | "inputs"> & {
  readonly face: Face;
  readonly packages: readonly ManifestPackage[];
};

/** Builds the image of `entry`, a `.ts`/`.js` server, an AssemblyScript app, or a `.wasm` module. */
export async function buildImage(
  entry: string,
  { hasIpv6 = false, isolation: option, outbound = [], assets: assetsWish }: ImageWish = {},
): Promise<Image> {
  const isolation = isolationOf(option);
  const entryFile = path.resolve(entry);
  const isSite = isFolder(entryFile) || path.resolve(assetsWish?.directory ?? "") === entryFile;
  const wish = isSite ? { ...assetsWish, directory: entryFile } : assetsWish;
  const [{ face, packages: appPackages, ...app }, assets] = await Promise.all([
    isSite ? buildSite() : buildApp(entryFile, entry, wish !== undefined),
    wish === undefined
      ? undefined
      : import("./assets/assets.ts").then(({ buildAssets }) => buildAssets(wish)),
  ]);
  const wasm = [app.app, ...(app.engine === undefined ? [] : [app.engine])];
  const used = servicesOf(wasm.map((bytes) => new WebAssembly.Module(bytes as BufferSource)));
  if (assets === undefined && used.includes("assets")) throw noAssets(entry);
  const services = networked(assets === undefined ? used : withRequired([...used, "assets"]), hasIpv6);
  if (isolation !== undefined) requireApart(services);
  const kernel = await buildKernel(services, true, "hosted", isolation, outbound);
  const modules = [
    describe("kernel", "kernel", kernel),
    describe("app", "app", app.app),
    ...(app.engine === undefined ? [] : [describe("engine", "app", app.engine)]),
  ];
  const name = entryName(entryFile);
  const kept = isolation === undefined ? {} : { isolation };
  const packages = mergePackages([...appPackages, dependency(ASSEMBLY_PACKAGE, "kernel")]);
  const manifest: Manifest = { format: 1, name, face, services, modules, packages, ...kept };
  if (assets === undefined) return { ...app, kernel, manifest };
  return {
    ...app,
    kernel,
    manifest: { ...manifest, assets: assets.facts },
    assets: assets.pack,
    inputs: [...app.inputs, ...assets.files],
    inputFolders: assets.folders,
  };
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Files and nothing else. */
async function buildSite(): Promise<AppParts> {
  const { buildSiteApp } = await import("./assets/site-app.ts");
  return {
    face: "native",
    app: await buildSiteApp(),
    inputs: [],
    packages: [dependency(ASSEMBLY_PACKAGE, "app")],
  };
}

function noAssets(entry: string): UserError {
  return new UserError(
    "assets",
    `${entry} asks for assets, and this image has none`,
    'name a folder in skerry.config.ts, for instance assets: "public", or with --assets public',
  );
}

/** `image`, whose manifest says what its kernel was granted. */
export function withGrants(image: Image, outbound: readonly string[] = []): Image {
  return outbound.length === 0 ? image : { ...image, manifest: { ...image.manifest, outbound } };
}

/** The image under another name. */
export function nameImage(image: Image, name: string | undefined): Image {
  return name === undefined ? image : { ...image, manifest: { ...image.manifest, name } };
}

const SOURCE_EXTENSIONS = new Set([".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", ".tsx", ".jsx"]);

async function buildApp(entryFile: string, shown: string, hasAssets: boolean): Promise<AppParts> {
  const bytes = await readFile(entryFile).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR")
      throw new UserError("unreadable", `${shown} cannot be read: ${error.message}`, "let this user read it");
    throw new UserError(
      "missing",
      `there is no file ${shown}`,
      "give the path of a .ts, .js or .wasm file, or of a built image",
    );
  });
  const extension = path.extname(entryFile);
  if (extension === ".wasm") {
    requireWasm(bytes, shown);
    return { face: "native", app: new Uint8Array(bytes), inputs: [entryFile], packages: [] };
  }
  if (!SOURCE_EXTENSIONS.has(extension)) {
    throw new UserError(
      "entry",
      `${shown} is not a .ts, .js or .wasm file`,
      "give a server or a module as ENTRY",
    );
  }
  if (!isNativeSource(bytes.toString("utf8"))) {
    // Loaded when needed: a native app has no use for bundler and engine.
    const { buildJsApp } = await import("./js-app.ts");
    return { face: "js", ...(await buildJsApp(entryFile, hasAssets)) };
  }
  const { wasm, sourceMap, inputs } = await buildNativeApp(entryFile);
  const packages = [...packagesOfFiles(inputs, "app"), dependency(ASSEMBLY_PACKAGE, "app")];
  return { face: "native", app: wasm, inputs, packages, ...(sourceMap === undefined ? {} : { sourceMap }) };
}

function requireWasm(bytes: Uint8Array, shown: string): void {
  if (WebAssembly.validate(bytes as BufferSource)) return;
  throw new UserError("wasm", `${shown} is not a valid WebAssembly module`, "compile it again, as a module");
}

function describe(
  role: ManifestModule["role"],
  compartment: ManifestModule["compartment"],
  bytes: Uint8Array,
): ManifestModule {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes as BufferSource));
  return {
    role,
    compartment,
    sizeBytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    imports: imports.map((item) => `${item.module}.${item.name}`).sort(),
  };
}

/** Names of files and folders that say nothing of what is in them. */
const UNTELLING = new Set(["server", "main", "index", "app", "public", "dist", "build", "out", "www"]);

/** `examples/hello/server.ts` is `hello`; `tools/report.ts` is `report`. */
export function entryName(entryFile: string): string {
  const file = path.resolve(entryFile);
  const base = path.basename(file, path.extname(file));
  return UNTELLING.has(base) ? path.basename(path.dirname(file)) : base;
}
