/**
 * What a command is about: an entry, and the configuration that goes with it.
 *
 * The configuration is that of the folder given as ENTRY, else that of the current folder. Its paths count from where
 * it stands.
 *
 * Tests: tests/functional/documentation.test.ts
 */
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { UserError } from "../image/user-error.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { ValidConfiguration } from "./schema.ts";

export interface Project {
  readonly entry: string;
  readonly configuration: ValidConfiguration;
  /** Of the configuration: absolute paths. */
  readonly inputs: readonly string[];
}

/** Throws a `UserError` where nothing names an entry, or the configuration has mistakes. */
export async function openProject(
  word: string | undefined,
  configurationFile?: string | undefined,
): Promise<Project> {
  const given = word === "" ? undefined : word;
  const isDirectory = given !== undefined && isFolder(given);
  const loaded = await load(isDirectory ? given : ".", configurationFile);
  const entry = isDirectory ? undefined : given;
  if (loaded === undefined) {
    const site = isDirectory && existsSync(path.join(given, "index.html")) ? given : undefined;
    const chosen = entry ?? site;
    if (chosen === undefined) throw noEntry(given);
    return { entry: chosen, configuration: {}, inputs: [] };
  }
  const { value, folder, inputs } = loaded;
  const configuration = { ...value, ...absoluteAssets(value, folder) };
  const { assets } = configuration;
  // Files without a program are an entry themselves.
  const named = value.entry === undefined ? assets?.directory : path.resolve(folder, value.entry);
  const chosen = entry ?? (named === undefined ? undefined : path.relative(process.cwd(), named) || ".");
  if (chosen === undefined) {
    const file = path.relative(process.cwd(), loaded.file);
    const hint = 'add one, for instance: entry: "server.ts", or files: assets: "public"';
    throw new UserError("entry", `${file} names no entry`, hint);
  }
  return { entry: chosen, configuration, inputs };
}

function absoluteAssets({ assets }: ValidConfiguration, folder: string): Pick<ValidConfiguration, "assets"> {
  if (assets === undefined) return {};
  return { assets: { ...assets, directory: path.resolve(folder, assets.directory) } };
}

/** Loaded where it is needed: most programs have none. */
async function load(folder: string, file: string | undefined): Promise<LoadedConfiguration | undefined> {
  const { findConfiguration, loadConfiguration } = await import("./load-configuration.ts");
  const found = file ?? findConfiguration(folder);
  return found === undefined ? undefined : loadConfiguration(found);
}

function noEntry(given: string | undefined): UserError {
  const there = given === undefined ? "this folder" : given;
  return new UserError(
    "entry",
    `there is no ENTRY, and ${there} holds no skerry.config.ts and no index.html`,
    "give the path of a server, for instance server.ts, or make a project: skerry init my-server",
  );
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
