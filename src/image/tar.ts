/**
 * Tar archives (POSIX.1-1988 "ustar"): written so that the same files give the same bytes, read as hostile input.
 *
 * No times, owners or modes of the machine that writes: 1970, 0, and what is given. Files and folders only.
 *
 * Tests: tar.test.ts
 */
const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
/** Two blocks of zeros end an archive. */
const END_BYTES = 2 * BLOCK_BYTES;

const enum Field {
  Mode = 100,
  Owner = 108,
  Group = 116,
  Size = 124,
  Time = 136,
  Checksum = 148,
  Type = 156,
  Magic = 257,
}
const CHECKSUM_BYTES = 8;
const SIZE_BYTES = 12;
/** A size with a sign would lead back. */
const OCTAL = /^[0-7]+$/;
const FILE_TYPES = ["0", "\0"];
const FOLDER_TYPE = "5";

export interface TarFile {
  /** At most 100 bytes; one that ends in "/" is a folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

export function writeTar(files: readonly TarFile[]): Uint8Array {
  const sizes = files.map(({ bytes }) => BLOCK_BYTES + padded(bytes.length));
  const archive = new Uint8Array(sizes.reduce((sum, size) => sum + size, END_BYTES));
  let at = 0;
  files.forEach((file, index) => {
    writeHeader(archive.subarray(at, at + BLOCK_BYTES), file);
    archive.set(file.bytes, at + BLOCK_BYTES);
    at += sizes[index]!;
  });
  return archive;
}

function writeHeader(header: Uint8Array, { name, bytes, mode }: TarFile): void {
  if (Buffer.byteLength(name) > NAME_BYTES) throw new Error(`${name} is too long a name for a tar archive`);
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  const octal = (at: number, value: number, digits: number) =>
    put(at, `${value.toString(8).padStart(digits, "0")}\0`);
  put(0, name);
  octal(Field.Mode, mode, 7);
  octal(Field.Owner, 0, 7);
  octal(Field.Group, 0, 7);
  octal(Field.Size, bytes.length, 11);
  octal(Field.Time, 0, 11);
  put(Field.Type, name.endsWith("/") ? FOLDER_TYPE : FILE_TYPES[0]!);
  put(Field.Magic, "ustar\x0000");
  put(Field.Checksum, `${checksum(header).toString(8).padStart(6, "0")}\0 `);
}

/** The sum of the header's bytes, its own field taken as blanks. */
function checksum(header: Uint8Array): number {
  const inField = (index: number) => index >= Field.Checksum && index < Field.Checksum + CHECKSUM_BYTES;
  return header.reduce((sum, byte, index) => sum + (inField(index) ? 0x20 : byte), 0);
}

/** Its files by name; undefined for what is no whole archive. Their bytes are the archive's own. */
export function readTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> | undefined {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK_BYTES <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) return files;
    if (!isTar(header)) return undefined;
    const size = textAt(header, Field.Size, SIZE_BYTES);
    if (!OCTAL.test(size)) return undefined;
    const sizeBytes = parseInt(size, 8);
    const start = at + BLOCK_BYTES;
    if (start + sizeBytes > archive.length) return undefined;
    const type = String.fromCharCode(header[Field.Type]!);
    const name = textAt(header, 0, NAME_BYTES).replace(/^\.\//, "");
    if (FILE_TYPES.includes(type)) files.set(name, archive.subarray(start, start + sizeBytes));
    at = start + padded(sizeBytes);
  }
  return undefined; // cut off
}

/** Begins with a header whose checksum is right. */
export function isTar(file: Uint8Array): boolean {
  if (file.length < BLOCK_BYTES) return false;
  const header = file.subarray(0, BLOCK_BYTES);
  return (
    textAt(header, Field.Magic, 5) === "ustar" &&
    parseInt(textAt(header, Field.Checksum, CHECKSUM_BYTES), 8) === checksum(header)
  );
}

function textAt(header: Uint8Array, at: number, sizeBytes: number): string {
  const text = new TextDecoder().decode(header.subarray(at, at + sizeBytes));
  return text.replace(/\0.*$/s, "").trim();
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}
