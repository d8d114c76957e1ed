/**
 * node:fs (Node 20) over the files that were bundled with the app: reading is whole, writing fails with EROFS.
 *
 * Tests:  fs.test.ts, beside Node's own
 */
import { requireFunction } from "./errors.ts";
import { Readable } from "./stream.ts";
import * as calls from "./fs/calls.ts";
import constants from "./fs/constants.ts";
import { Dirent, Stats } from "./fs/stats.ts";
import { kindOf, pathOf } from "./fs/tree.ts";
import promises from "./fs-promises.ts";

type Any = (...values: never[]) => unknown;
type Done = (error: Error | null, result?: unknown) => void;

/** The same call, whose result is given to the last argument. */
function called(call: Any): (...values: unknown[]) => void {
  return (...values) => {
    const done = (values.length > 1 ? values.pop() : undefined) as Done;
    requireFunction(done, "cb");
    let result: unknown;
    let failed: Error | null = null;
    try {
      result = call(...(values as never[]));
    } catch (error) {
      // What is wrong with the arguments is thrown, as in Node; what is wrong with the file is told.
      if ((error as { errno?: number }).errno === undefined) throw error;
      failed = error as Error;
    }
    queueMicrotask(() => (failed === null ? done(null, result) : done(failed)));
  };
}

export const readFileSync = calls.readFile;
export const statSync = calls.stat;
export const lstatSync = calls.stat;
export const readdirSync = calls.readdir;
export const accessSync = calls.access;
export const realpathSync = calls.realpath;
export const openSync = calls.open;
export const closeSync = calls.close;
export const fstatSync = calls.fstat;
export const readSync = calls.read;
export const readFile = called(calls.readFile);
export const stat = called(calls.stat);
export const lstat = stat;
export const readdir = called(calls.readdir);
export const access = called(calls.access);
export const realpath = called(calls.realpath);
export const open = called(calls.open);
export const close = called(calls.close);
export const fstat = called(calls.fstat);
export const read = called(calls.read);

export function existsSync(path: unknown): boolean {
  try {
    return kindOf(pathOf(path)) !== undefined;
  } catch {
    return false;
  }
}

export function exists(path: unknown, done: (exists: boolean) => void): void {
  queueMicrotask(() => done(existsSync(path)));
}

interface StreamOptions {
  readonly start?: number;
  /** The last byte, not the one behind it. */
  readonly end?: number;
  readonly encoding?: BufferEncoding;
  readonly highWaterMark?: number;
}

export class ReadStream extends Readable {
  readonly path: unknown;
  bytesRead = 0;
  readonly #range: StreamOptions;
  #bytes: ReturnType<typeof calls.readFile> | undefined;

  constructor(path: unknown, options: StreamOptions = {}) {
    super({
      highWaterMark: options.highWaterMark ?? 65536,
      ...(options.encoding && { encoding: options.encoding }),
    });
    this.path = path;
    this.#range = options;
  }

  override _construct(done: (error?: Error | null) => void): void {
    try {
      const { start = 0, end = Infinity } = this.#range;
      this.#bytes = (calls.readFile(this.path) as Uint8Array).subarray(start, end + 1) as never;
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
    this.emit("open", 3);
    this.emit("ready");
  }

  override _read(size: number): void {
    const bytes = this.#bytes as Uint8Array;
    const piece = bytes.subarray(this.bytesRead, this.bytesRead + size);
    this.bytesRead += piece.length;
    this.push(piece.length === 0 ? null : piece);
  }

  close(done?: () => void): void {
    if (done !== undefined) this.once("close", done);
    this.destroy();
  }
}

export function createReadStream(path: unknown, options?: StreamOptions | BufferEncoding): ReadStream {
  return new ReadStream(path, typeof options === "string" ? { encoding: options } : options);
}

export function createWriteStream(path: unknown): never {
  return calls.refuse("open")(path);
}

/** Nothing ever changes. */
export const watch = () => ({ close: () => undefined, on: () => undefined });
export const watchFile = () => undefined;
export const unwatchFile = () => undefined;

const writing = Object.fromEntries(
  calls.WRITING.flatMap((name): [string, Any][] => [
    [name, called(calls.refuse(name))],
    [`${name}Sync`, calls.refuse(name)],
  ]),
) as Record<(typeof calls.WRITING)[number] | `${(typeof calls.WRITING)[number]}Sync`, Any>;
export const {
  appendFile,
  appendFileSync,
  copyFile,
  copyFileSync,
  mkdir,
  mkdirSync,
  rename,
  renameSync,
  rm,
  rmSync,
  rmdir,
  rmdirSync,
  unlink,
  unlinkSync,
  write,
  writeFile,
  writeFileSync,
  writeSync,
} = writing;

export { constants, Dirent, promises, Stats };

export default {
  ...writing,
  ...constants,
  Dirent,
  ReadStream,
  Stats,
  access,
  accessSync,
  close,
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  exists,
  existsSync,
  fstat,
  fstatSync,
  lstat,
  lstatSync,
  open,
  openSync,
  promises,
  read,
  readFile,
  readFileSync,
  readSync,
  readdir,
  readdirSync,
  realpath,
  realpathSync,
  stat,
  statSync,
  unwatchFile,
  watch,
  watchFile,
};
