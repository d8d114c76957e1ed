/** What `stat` and `readdir` tell of a file. */
import type { Kind } from "./tree.ts";

const FILE_MODE = 0o100444;
const FOLDER_MODE = 0o040555;
/** An image is the same whenever it is built: its files have no other time. */
const TIME = new Date(0);

abstract class Entry {
  protected abstract readonly kind: Kind;

  isFile(): boolean {
    return this.kind === "file";
  }

  isDirectory(): boolean {
    return this.kind === "folder";
  }

  isSymbolicLink(): boolean {
    return false;
  }

  isBlockDevice(): boolean {
    return false;
  }

  isCharacterDevice(): boolean {
    return false;
  }

  isFIFO(): boolean {
    return false;
  }

  isSocket(): boolean {
    return false;
  }
}

export class Stats extends Entry {
  declare protected readonly kind: Kind;
  readonly dev = 0;
  readonly ino = 0;
  readonly nlink = 1;
  readonly uid = 0;
  readonly gid = 0;
  readonly mode: number;
  readonly size: number;
  readonly mtime = TIME;
  readonly atime = TIME;
  readonly ctime = TIME;
  readonly birthtime = TIME;
  readonly mtimeMs = 0;
  readonly atimeMs = 0;
  readonly ctimeMs = 0;
  readonly birthtimeMs = 0;

  constructor(kind: Kind, size: number) {
    super();
    Object.defineProperty(this, "kind", { value: kind });
    this.mode = kind === "file" ? FILE_MODE : FOLDER_MODE;
    this.size = size;
  }
}

export class Dirent extends Entry {
  declare protected readonly kind: Kind;
  readonly name: string;
  readonly parentPath: string;

  constructor(name: string, parentPath: string, kind: Kind) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    Object.defineProperty(this, "kind", { value: kind });
  }

  get path(): string {
    return this.parentPath;
  }
}
