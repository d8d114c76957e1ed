/** The calls of node:fs as functions that give their result or throw: what all three faces of the module stand on. */
import type { Buffer } from "../buffer.ts";
import { consoleAt, isConsole, write } from "./console.ts";
import { failure, kindOf, namesIn, pathOf, readBytes, sizeOf } from "./tree.ts";
import { Dirent, Stats } from "./stats.ts";

type Options = {
  readonly encoding?: unknown;
  readonly withFileTypes?: boolean;
  readonly throwIfNoEntry?: boolean;
};
type Given = Options | string | null | undefined;

const encodingOf = (options: Given) => (typeof options === "string" ? options : options?.encoding);

export function readFile(path: unknown, options?: Given): Buffer | string {
  const bytes = readBytes(pathOf(path), path);
  const encoding = encodingOf(options);
  return encoding === undefined || encoding === null || encoding === "buffer"
    ? bytes
    : bytes.toString(encoding);
}

export function stat(path: unknown, options?: Options): Stats | undefined {
  const whole = pathOf(path);
  const kind = kindOf(whole);
  if (kind !== undefined) return new Stats(kind, sizeOf(whole));
  if (options?.throwIfNoEntry === false) return undefined;
  throw failure("ENOENT", "stat", String(path));
}

export function readdir(path: unknown, options?: Given): (string | Dirent)[] {
  const whole = pathOf(path);
  const kind = kindOf(whole);
  if (kind === undefined) throw failure("ENOENT", "scandir", String(path));
  if (kind === "file") throw failure("ENOTDIR", "scandir", String(path));
  const names = namesIn(whole);
  if (typeof options !== "object" || !options?.withFileTypes) return names;
  return names.map(
    (name) => new Dirent(name, String(path), kindOf(`${whole === "/" ? "" : whole}/${name}`)!),
  );
}

const WRITES = 2;

export function access(path: unknown, mode = 0): void {
  if (kindOf(pathOf(path)) === undefined) throw failure("ENOENT", "access", String(path));
  if ((mode & WRITES) !== 0) throw failure("EROFS", "access", String(path));
}

export function realpath(path: unknown): string {
  const whole = pathOf(path);
  if (kindOf(whole) === undefined) throw failure("ENOENT", "realpath", String(path));
  return whole;
}

interface Open {
  readonly bytes: Buffer;
  readonly path: string;
  place: number;
}
const opened = new Map<number, Open>();
let lastDescriptor = 2;

function requireOpen(descriptor: number, syscall: string): Open {
  const found = opened.get(descriptor);
  if (found === undefined) throw failure("EBADF", syscall);
  return found;
}

export function open(path: unknown, flags: unknown = "r"): number {
  const shown = consoleAt(pathOf(path));
  if (shown !== undefined) return shown;
  if (flags !== "r" && flags !== 0) throw failure("EROFS", "open", String(path));
  opened.set(++lastDescriptor, { bytes: readBytes(pathOf(path), path), path: pathOf(path), place: 0 });
  return lastDescriptor;
}

export function close(descriptor: number): void {
  if (isConsole(descriptor)) return;
  requireOpen(descriptor, "close");
  opened.delete(descriptor);
}

export function fstat(descriptor: number): Stats {
  return new Stats("file", requireOpen(descriptor, "fstat").bytes.length);
}

export function read(
  descriptor: number,
  target: Uint8Array,
  offset = 0,
  length = target.byteLength - offset,
  position: number | null = null,
): number {
  const file = requireOpen(descriptor, "read");
  const from = position ?? file.place;
  const count = file.bytes.copy(target, offset, from, Math.min(from + length, file.bytes.length));
  if (position === null) file.place += count;
  return count;
}

/** `writeFile` and `appendFile`: to the console, and nowhere else. */
export function writeWhole(path: unknown, data: unknown, options?: Given): void {
  const descriptor = isConsole(path) ? path : consoleAt(typeof path === "number" ? "" : pathOf(path));
  if (descriptor === undefined) throw failure("EROFS", "open", typeof path === "string" ? path : undefined);
  write(descriptor, data, null, encodingOf(options));
}

/** Everything that would change a file. */
export const WRITING = [
  "chmod",
  "chown",
  "copyFile",
  "cp",
  "ftruncate",
  "lchown",
  "link",
  "mkdir",
  "mkdtemp",
  "rename",
  "rm",
  "rmdir",
  "symlink",
  "truncate",
  "unlink",
  "utimes",
] as const;

export function refuse(name: string): (path: unknown) => never {
  return (path) => {
    throw failure("EROFS", name, typeof path === "string" ? path : undefined);
  };
}
