/**
 * node:fs (Node 20) over the files that were bundled with the app: reading is whole, writing is the console's and fails
 * elsewhere with EROFS.
 *
 * Tests:  fs.test.ts, beside Node's own
 */
import { requireFunction } from "./errors.ts";
import { Readable, Writable } from "./stream.ts";
import * as calls from "./fs/calls.ts";
import { consoleAt, fsync as wait, isConsole, write as print, writev as printAll } from "./fs/console.ts";
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

/** As `called`, of a call that writes: it also gives back what was written. */
function writing(call: (descriptor: unknown, data: never, ...more: unknown[]) => number): Any {
  return (descriptor: unknown, data: never, ...more: unknown[]) => {
    const done = more.pop();
    requireFunction(done, "cb");
    called(() => call(descriptor, data, ...more))(undefined, (error: Error | null, count = 0) =>
      (done as (...values: unknown[]) => void)(error, count, data),
    );
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
export const writeSync = print;
export const write = writing(print);
export const writevSync = printAll;
export const writev = writing(printAll);
export const writeFileSync = calls.writeWhole;
export const writeFile = called(calls.writeWhole);
export const appendFileSync = calls.writeWhole;
export const appendFile = called(calls.writeWhole);
export const fsyncSync = wait;
export const fsync = called(wait);
export const fdatasyncSync = wait;
export const fdatasync = fsync;

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

/** To the console. */
export class WriteStream extends Writable {
  readonly path: unknown;
  readonly fd: number;
  bytesWritten = 0;

  constructor(path: unknown, descriptor: number) {
    super({ decodeStrings: true });
    this.path = path;
    this.fd = descriptor;
  }

  override _write(bytes: Uint8Array, _encoding: unknown, done: (error?: Error | null) => void): void {
    this.bytesWritten += print(this.fd, bytes);
    done();
  }

  close(done?: () => void): void {
    if (done !== undefined) this.once("close", done);
    this.end();
  }
}

interface WriteOptions {
  readonly fd?: unknown;
}

export function createWriteStream(path: unknown, options?: WriteOptions | string): WriteStream {
  const { fd } = typeof options === "object" ? options : {};
  const descriptor = isConsole(fd) ? fd : consoleAt(pathOf(path));
  return descriptor === undefined ? calls.refuse("open")(path) : new WriteStream(path, descriptor);
}

/** Nothing ever changes. */
export const watch = () => ({ close: () => undefined, on: () => undefined });
export const watchFile = () => undefined;
export const unwatchFile = () => undefined;

const refused = Object.fromEntries(
  calls.WRITING.flatMap((name): [string, Any][] => [
    [name, called(calls.refuse(name))],
    [`${name}Sync`, calls.refuse(name)],
  ]),
) as Record<(typeof calls.WRITING)[number] | `${(typeof calls.WRITING)[number]}Sync`, Any>;
export const {
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
} = refused;

export { constants, Dirent, promises, Stats };

export default {
  ...refused,
  ...constants,
  Dirent,
  ReadStream,
  Stats,
  WriteStream,
  access,
  accessSync,
  appendFile,
  appendFileSync,
  close,
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  exists,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstat,
  fstatSync,
  fsync,
  fsyncSync,
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
  write,
  writeFile,
  writeFileSync,
  writeSync,
  writev,
  writevSync,
};
