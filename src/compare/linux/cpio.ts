/**
 * A cpio archive in the form that Linux takes as its first file system (Documentation/driver-api/early-userspace/
 * buffer-format.rst): per file a header of 110 characters, its path, its bytes, each padded to four.
 *
 *   070701 inode mode uid gid links mtime size major minor rmajor rminor pathsize check      each 8 hex digits
 */
export interface ArchiveFile {
  /** Without a slash before it. Folders must come before what is in them. */
  readonly path: string;
  /** Absent: a folder. */
  readonly bytes?: Uint8Array;
  readonly isExecutable?: boolean;
}

const MAGIC = "070701";
const TRAILER = "TRAILER!!!";
const ALIGNMENT = 4;

const enum Mode {
  Folder = 0o040755,
  Plain = 0o100644,
  Executable = 0o100755,
}

/** Files as given, and before them every folder that they need. */
export function archive(files: readonly ArchiveFile[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  const all = [...foldersOf(files), ...files];
  all.forEach((file, index) => pieces.push(...entry(file.path, modeOf(file), file.bytes, index + 1)));
  pieces.push(...entry(TRAILER, 0, undefined, 0));
  return Buffer.concat(pieces);
}

function foldersOf(files: readonly ArchiveFile[]): ArchiveFile[] {
  const paths = new Set<string>();
  for (const { path } of files) {
    const parts = path.split("/");
    for (let count = 1; count < parts.length; count++) paths.add(parts.slice(0, count).join("/"));
  }
  for (const { path, bytes } of files) if (bytes === undefined) paths.delete(path);
  return [...paths].map((path) => ({ path }));
}

function modeOf({ bytes, isExecutable }: ArchiveFile): number {
  if (bytes === undefined) return Mode.Folder;
  return isExecutable === true ? Mode.Executable : Mode.Plain;
}

function entry(path: string, mode: number, bytes: Uint8Array | undefined, inode: number): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const sizeBytes = bytes?.length ?? 0;
  const numbers = [inode, mode, 0, 0, 1, 0, sizeBytes, 0, 0, 0, 0, name.length, 0];
  const header = MAGIC + numbers.map((number) => number.toString(16).padStart(8, "0")).join("");
  return [...padded(Buffer.concat([Buffer.from(header), name])), ...padded(bytes ?? new Uint8Array())];
}

function padded(bytes: Uint8Array): Uint8Array[] {
  return [bytes, new Uint8Array(-bytes.length & (ALIGNMENT - 1))];
}
