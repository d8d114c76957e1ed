/**
 * Reads ELF64 files without trust: what is loaded where and with which rights, and the notes. It shares nothing with
 * the code that writes them (`src/image/elf.ts`), so that one does not hide the other's mistake.
 *
 * Source: System V ABI, "Object Files". Any file is possible here: what does not fit is an `ImageFault`.
 *
 * Tests: elf.test.ts
 */
import { ImageFault } from "./image-fault.ts";

export const PAGE_BYTES = 4096;
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const NOTE_HEADER_BYTES = 12;
const PROGRAM_HEADERS_LIMIT = 4096;
/** Of all note segments, which may lie over each other. */
const NOTES_LIMIT = 64;
/** Of addresses and sizes: more is no image, and no JavaScript number may be inexact. */
const NUMBER_LIMIT = 2 ** 47;
/** Of all segments in memory. */
const LOADED_BYTES_LIMIT = 2 ** 31;
const MAGIC = 0x7f454c46;
const EM_X86_64 = 62;
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_NOTE = 4;

export const enum Access {
  Execute = 1,
  Write = 2,
  Read = 4,
}

export interface Segment {
  readonly address: number;
  /** In memory; what the file does not hold of it is zero. */
  readonly sizeBytes: number;
  readonly offset: number;
  readonly fileBytes: number;
  readonly access: number;
}

export interface Note {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface ElfFile {
  readonly bytes: Uint8Array;
  /** At fixed physical addresses, or wherever the system likes. */
  readonly placement: "fixed" | "independent";
  readonly entry: number;
  readonly headerBytes: number;
  /** By address; none shares a page that is executed with another. */
  readonly segments: readonly Segment[];
  readonly notes: readonly Note[];
}

/** Throws an `ImageFault` for what is no ELF file for x86-64, or a broken one. */
export function readElf(bytes: Uint8Array): ElfFile {
  if (bytes.length < HEADER_BYTES) throw broken("its header is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== MAGIC)
    throw new ImageFault("is no ELF file", "make an image: skerry build server.ts");
  const isOurs = bytes[4] === 2 && bytes[5] === 1 && view.getUint16(18, true) === EM_X86_64;
  const type = view.getUint16(16, true);
  if (!isOurs || (type !== ET_EXEC && type !== ET_DYN)) {
    throw new ImageFault(
      "is an ELF file of another kind, not a program for x86-64",
      "make an image: skerry build server.ts",
    );
  }
  const table = read64(view, 32);
  const count = view.getUint16(56, true);
  const headerBytes = HEADER_BYTES + count * PROGRAM_HEADER_BYTES;
  if (
    table !== HEADER_BYTES ||
    view.getUint16(54, true) !== PROGRAM_HEADER_BYTES ||
    count > PROGRAM_HEADERS_LIMIT
  ) {
    throw new ImageFault("is an ELF file, but not a Skerry image", "make an image: skerry build server.ts");
  }
  if (headerBytes > bytes.length) throw broken("its program headers are cut off");
  const segments: Segment[] = [];
  const notes: Note[] = [];
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + index * PROGRAM_HEADER_BYTES;
    const kind = view.getUint32(at, true);
    if (kind !== PT_LOAD && kind !== PT_NOTE) continue;
    const segment = readSegment(view, at);
    if (kind === PT_LOAD) segments.push(segment);
    else readNotes(bytes, segment, notes);
  }
  segments.sort((one, other) => one.address - other.address);
  const loadedBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (loadedBytes > LOADED_BYTES_LIMIT) throw broken("it takes more memory than any image");
  requireApart(segments);
  const placement = type === ET_EXEC ? "fixed" : "independent";
  return { bytes, placement, entry: read64(view, 24), headerBytes, segments, notes };
}

function readSegment(view: DataView, at: number): Segment {
  const segment = {
    access: view.getUint32(at + 4, true),
    offset: read64(view, at + 8),
    address: read64(view, at + 16),
    fileBytes: read64(view, at + 32),
    sizeBytes: read64(view, at + 40),
  };
  if (segment.offset + segment.fileBytes > view.byteLength) throw broken("a segment is cut off");
  if (segment.fileBytes > segment.sizeBytes) throw broken("a segment is larger in the file than in memory");
  return segment;
}

function read64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(NUMBER_LIMIT)) throw broken("an address or a size in it makes no sense");
  return Number(value);
}

function requireApart(segments: readonly Segment[]): void {
  segments.forEach((segment, index) => {
    const next = segments[index + 1];
    const end = segment.address + segment.sizeBytes;
    if (next !== undefined && end > next.address) throw broken("its segments overlap");
    if ((segment.access & Access.Execute) === 0) return;
    if ((segment.access & Access.Write) !== 0) throw broken("a segment may be written and executed");
    if (segment.address % PAGE_BYTES !== 0) throw broken("code does not begin at a page");
    if (next !== undefined && pageAligned(end) > next.address) throw broken("code shares a page");
  });
}

export function pageAligned(sizeBytes: number): number {
  return Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES;
}

/** Adds a segment's notes. */
function readNotes(bytes: Uint8Array, { offset, fileBytes }: Segment, notes: Note[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, fileBytes);
  const padded = (sizeBytes: number): number => Math.ceil(sizeBytes / 4) * 4;
  for (let at = 0; at + NOTE_HEADER_BYTES <= fileBytes;) {
    const nameBytes = view.getUint32(at, true);
    const contentAt = at + NOTE_HEADER_BYTES + padded(nameBytes);
    const end = contentAt + view.getUint32(at + 4, true);
    if (end > fileBytes) throw broken("a note is cut off");
    if (notes.length === NOTES_LIMIT) throw broken("it has more notes than any image");
    const nameAt = offset + at + NOTE_HEADER_BYTES;
    const name = new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameBytes)).replace(/\0+$/, "");
    const content = bytes.subarray(offset + contentAt, offset + end);
    notes.push({ name, type: view.getUint32(at + 8, true), offset: offset + contentAt, bytes: content });
    at = padded(end);
  }
}

/** What is in memory from `address` on; undefined where not all of it is loaded. */
export function bytesAt(
  { bytes, segments }: ElfFile,
  address: number,
  sizeBytes: number,
): Uint8Array | undefined {
  const found = new Uint8Array(sizeBytes);
  let next = address;
  for (const segment of segments) {
    const end = segment.address + segment.sizeBytes;
    if (end <= next || next >= address + sizeBytes) continue;
    if (segment.address > next) return undefined;
    const from = next - segment.address;
    const held = bytes.subarray(segment.offset + from, segment.offset + segment.fileBytes);
    const wanted = Math.min(end, address + sizeBytes) - next;
    if (from < segment.fileBytes) found.set(held.subarray(0, wanted), next - address);
    next += wanted;
  }
  return next === address + sizeBytes ? found : undefined;
}

/** How many bytes of the file lie in this range of memory. */
export function fileBytesAt({ segments }: ElfFile, address: number, sizeBytes: number): number {
  return segments.reduce((sum, segment) => {
    const start = Math.max(address, segment.address);
    const end = Math.min(address + sizeBytes, segment.address + segment.fileBytes);
    return sum + Math.max(0, end - start);
  }, 0);
}

/** All that may be executed of a segment: whole pages, as they are mapped. */
export function executedBytes({ bytes, placement }: ElfFile, segment: Segment): Uint8Array {
  const mapped = new Uint8Array(pageAligned(segment.sizeBytes));
  // A system maps the file's pages whole; a VMM copies, and clears the rest.
  const held = placement === "independent" ? mapped.length : segment.fileBytes;
  mapped.set(bytes.subarray(segment.offset, segment.offset + held));
  return mapped;
}

function broken(why: string): ImageFault {
  return new ImageFault(`is a broken file: ${why}`, "copy it again, or build it again: skerry build");
}
