/**
 * The files of a folder that are to be served, and nothing else: no file from outside of it, however it is linked.
 *
 * Names that begin with a dot stay out (`.env`, `.git`), but for `.well-known` (RFC 8615); so does `node_modules`.
 *
 * Tests: assets.test.ts
 */
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { ASSET_PATH_BYTES_LIMIT } from "../../abi/assets.ts";
import { UserError } from "../user-error.ts";

const FILES_LIMIT = 20_000;
/** Of all contents together. */
const CONTENT_BYTES_LIMIT = 512 * 1024 * 1024;

export interface AssetFile {
  /** From the folder on, beginning with a slash. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface Collected {
  readonly files: readonly AssetFile[];
  /** Absolute: every folder that was looked into. */
  readonly folders: readonly string[];
}

/** Sorted by path. Throws a `UserError` that names what cannot be served. */
export async function collectFiles(directory: string): Promise<Collected> {
  const root = await realpath(directory).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory()) {
    throw new UserError(
      "assets",
      `there is no folder ${directory} to serve files from`,
      "assets is a folder's path, counted from skerry.config.ts",
    );
  }
  const collector = new Collector(root, directory);
  await collector.folder(root, "/", [root]);
  return { files: collector.files.sort(byPath), folders: collector.folders };
}

const byPath = (one: AssetFile, other: AssetFile): number =>
  Buffer.compare(Buffer.from(one.path), Buffer.from(other.path));

class Collector {
  readonly files: AssetFile[] = [];
  readonly folders: string[] = [];
  readonly #root: string;
  readonly #shown: string;
  #bytes = 0;

  constructor(root: string, shown: string) {
    this.#root = root;
    this.#shown = shown;
  }

  /** `above`: the real folders that lead here. */
  async folder(folder: string, at: string, above: readonly string[]): Promise<void> {
    this.folders.push(folder);
    for (const name of (await readdir(folder)).sort()) {
      if ((name.startsWith(".") && name !== ".well-known") || name === "node_modules") continue;
      const file = path.join(folder, name);
      const target = await this.#inside(file, at + name);
      const facts = await stat(target);
      if (facts.isDirectory()) {
        if (above.includes(target)) throw this.#refusal(at + name, "is a link to a folder that it lies in");
        await this.folder(target, `${at}${name}/`, [...above, target]);
      } else if (facts.isFile()) await this.#file(target, at + name, facts.size);
      else throw this.#refusal(at + name, "is neither a file nor a folder");
    }
  }

  /** Where a name really leads, which is below the folder. */
  async #inside(file: string, shown: string): Promise<string> {
    if (!(await lstat(file)).isSymbolicLink()) return file;
    const target = await realpath(file).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === "ELOOP" ? "is a link to itself" : "is a link that leads nowhere";
      throw this.#refusal(shown, why);
    });
    if (target.startsWith(this.#root + path.sep) || target === this.#root) return target;
    throw this.#refusal(
      shown,
      `is a link out of the folder, to ${target}`,
      "copy what it leads to into the folder, or take the link away",
    );
  }

  async #file(file: string, at: string, sizeBytes: number): Promise<void> {
    this.#bytes += sizeBytes;
    if (this.files.length === FILES_LIMIT) throw this.#refusal(at, `is one file more than ${FILES_LIMIT}`);
    if (this.#bytes > CONTENT_BYTES_LIMIT) {
      throw this.#refusal(at, `brings the files to more than ${CONTENT_BYTES_LIMIT / 2 ** 20} MiB`);
    }
    // A name in another encoding than UTF-8 arrives with this in it, and no request could name it.
    if (at.includes("\ufffd")) throw this.#refusal(at, "has a name that is not UTF-8");
    if (Buffer.byteLength(at) > ASSET_PATH_BYTES_LIMIT) throw this.#refusal(at, "has too long a path");
    this.files.push({ path: at, file, bytes: new Uint8Array(await readFile(file)) });
  }

  #refusal(at: string, why: string, hint?: string): UserError {
    return new UserError("assets", `${path.join(this.#shown, at)} ${why}`, hint);
  }
}
