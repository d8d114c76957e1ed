/**
 * What a command is about: an entry, and the configuration that goes with it.
 *
 * The configuration is that of the folder given as ENTRY, else that of the current folder. Its paths count from where
 * it stands.
 *
 * Tests: project.test.ts
 */
import { statSync } from "node:fs";
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
    if (entry === undefined) throw noEntry(given);
    return { entry, configuration: {}, inputs: [] };
  }
  const { value: configuration, folder, inputs } = loaded;
  const named = configuration.entry === undefined ? undefined : path.resolve(folder, configuration.entry);
  const chosen = entry ?? (named === undefined ? undefined : path.relative(process.cwd(), named));
  if (chosen === undefined) {
    const file = path.relative(process.cwd(), loaded.file);
    throw new UserError("entry", `${file} names no entry`, 'add one, for instance: entry: "server.ts"');
  }
  return { entry: chosen, configuration, inputs };
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
    `there is no ENTRY, and ${there} holds no skerry.config.ts`,
    "give the path of a server, for instance server.ts, or make a project: skerry init my-server",
  );
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
