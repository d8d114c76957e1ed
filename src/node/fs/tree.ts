/**
 * The files of an image: those that were bundled with the app, and the folders that hold them. Nothing is ever written.
 *
 * Contents are kept as text of Latin-1 characters, a byte each, as the bundler placed them (`src/image/app-files.ts`),
 * and become bytes when they are read.
 */
import { Buffer } from "../buffer.ts";
import { invalidType } from "../errors.ts";
import { resolve } from "../path.ts";
import { fileURLToPath } from "../url.ts";

const NUMBERS: Readonly<Record<string, number>> = {
  ENOENT: -2,
  EISDIR: -21,
  ENOTDIR: -20,
  EROFS: -30,
  EBADF: -9,
  EINVAL: -22,
};
const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EISDIR: "illegal operation on a directory",
  ENOTDIR: "not a directory",
  EROFS: "read-only file system",
  EBADF: "bad file descriptor",
  EINVAL: "invalid argument",
};

export function failure(code: string, syscall: string, path?: string): Error {
  const where = path === undefined ? "" : ` '${path}'`;
  const error = new Error(`${code}: ${SENTENCES[code]}, ${syscall}${where}`);
  return Object.assign(error, {
    errno: NUMBERS[code],
    code,
    syscall,
    ...(path === undefined ? {} : { path }),
  });
}

/** The contents of every file. */
const files = new Map<string, string>();
/** Every folder, and the names in it. */
const folders = new Map<string, Set<string>>([["/", new Set()]]);

/** Called by what the bundler made of a file, when the app's module that imports it is evaluated. */
export function addFile(path: string, contents: string): void {
  files.set(path, contents);
  const parts = path.split("/").slice(1);
  for (let depth = 0; depth < parts.length; depth++) {
    const folder = `/${parts.slice(0, depth).join("/")}`;
    if (!folders.has(folder)) folders.set(folder, new Set());
    folders.get(folder)!.add(parts[depth]!);
  }
}

export function pathOf(path: unknown): string {
  if (path instanceof URL) return fileURLToPath(path);
  if (path instanceof Uint8Array) return resolve(Buffer.from(path).toString());
  if (typeof path !== "string") throw invalidType("path", ["string", "Buffer", "URL"], path);
  return resolve(path);
}

export type Kind = "file" | "folder";

export function kindOf(path: string): Kind | undefined {
  if (files.has(path)) return "file";
  return folders.has(path) ? "folder" : undefined;
}

export function sizeOf(path: string): number {
  return files.get(path)?.length ?? 0;
}

export function namesIn(path: string): string[] {
  return [...folders.get(path)!].sort();
}

/** The bytes of a file; `given` is the path as the app has it. */
export function readBytes(path: string, given: unknown): Buffer {
  const kind = kindOf(path);
  if (kind === undefined) throw failure("ENOENT", "open", String(given));
  if (kind === "folder") throw failure("EISDIR", "read");
  return Buffer.from(files.get(path)!, "latin1");
}
