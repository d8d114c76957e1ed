/**
 * Reads what `elf.ts` writes: whether it is such a file, where it is to lie, its notes. Any other file is possible
 * here, so every number is checked before it is used.
 *
 * Tests: elf.test.ts
 */
import type { ElfNote } from "./elf.ts";

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const NOTE_HEADER_BYTES = 12;
/** Of all headers, which may name the same ones again. */
const NOTES_LIMIT = 64;
const PT_LOAD = 1;
const PT_NOTE = 4;
const ET_EXEC = 2;
const EM_X86_64 = 62;
/** \x7fELF, as written. */
const MAGIC = 0x7f454c46;

/** ELF64, little-endian, for x86-64. */
export function isElf(file: Uint8Array): boolean {
  if (file.length < HEADER_BYTES) return false;
  const view = viewOf(file);
  return (
    view.getUint32(0) === MAGIC && file[4] === 2 && file[5] === 1 && view.getUint16(18, true) === EM_X86_64
  );
}

export function readPlacement(file: Uint8Array): "fixed" | "independent" {
  return viewOf(file).getUint16(16, true) === ET_EXEC ? "fixed" : "independent";
}

export interface LoadedSegment {
  readonly offset: number;
  readonly fileBytes: number;
  /** Physical. */
  readonly address: number;
  readonly memoryBytes: number;
}

/** What a VMM loads, in the file's order. Only of a file that was written here: nothing is checked. */
export function loadedSegments(file: Uint8Array): readonly LoadedSegment[] {
  const view = viewOf(file);
  const table = Number(view.getBigUint64(32, true));
  const headers = Array.from(
    { length: view.getUint16(56, true) },
    (_, index) => table + index * PROGRAM_HEADER_BYTES,
  );
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  return headers
    .filter((at) => view.getUint32(at, true) === PT_LOAD)
    .map((at) => ({
      offset: number(at + 8),
      fileBytes: number(at + 32),
      address: number(at + 24),
      memoryBytes: number(at + 40),
    }));
}

/** One past the last byte that a VMM loads of a file written at fixed addresses. */
export function loadedEnd(file: Uint8Array): number {
  return Math.max(0, ...loadedSegments(file).map(({ address, memoryBytes }) => address + memoryBytes));
}

/** The content of the first note of this name and type. */
export function readNote(file: Uint8Array, wanted: Pick<ElfNote, "name" | "type">): Uint8Array | undefined {
  let looked = 0;
  for (const { name, type, bytes } of notesOf(file)) {
    if (name === wanted.name && type === wanted.type) return bytes.slice();
    if (++looked === NOTES_LIMIT) return undefined;
  }
  return undefined;
}

/** Up to the first that is cut off. */
function* notesOf(file: Uint8Array): Generator<ElfNote, undefined> {
  const view = viewOf(file);
  const table = Number(view.getBigUint64(32, true));
  for (let header = 0; header < view.getUint16(56, true); header++) {
    const at = table + header * PROGRAM_HEADER_BYTES;
    if (at + PROGRAM_HEADER_BYTES > file.length) return;
    if (view.getUint32(at, true) !== PT_NOTE) continue;
    const offset = Number(view.getBigUint64(at + 8, true));
    const sizeBytes = Number(view.getBigUint64(at + 32, true));
    if (offset + sizeBytes > file.length) return;
    yield* notesIn(file.subarray(offset, offset + sizeBytes));
  }
}

function* notesIn(notes: Uint8Array): Generator<ElfNote, undefined> {
  const view = viewOf(notes);
  const padded = (sizeBytes: number): number => Math.ceil(sizeBytes / 4) * 4;
  for (let at = 0; at + NOTE_HEADER_BYTES <= notes.length;) {
    const nameAt = at + NOTE_HEADER_BYTES;
    const contentAt = nameAt + padded(view.getUint32(at, true));
    const end = contentAt + view.getUint32(at + 4, true);
    if (end > notes.length) return;
    const name = new TextDecoder().decode(notes.subarray(nameAt, contentAt)).replace(/\0+$/, "");
    yield { name, type: view.getUint32(at + 8, true), bytes: notes.subarray(contentAt, end) };
    at = contentAt + padded(end - contentAt);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
