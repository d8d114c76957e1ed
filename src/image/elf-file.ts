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

/** The content of the first note of this name and type. */
export function readNote(file: Uint8Array, wanted: Pick<ElfNote, "name" | "type">): Uint8Array | undefined {
  const view = viewOf(file);
  const table = Number(view.getBigUint64(32, true));
  for (let header = 0; header < view.getUint16(56, true); header++) {
    const at = table + header * PROGRAM_HEADER_BYTES;
    if (at + PROGRAM_HEADER_BYTES > file.length) return undefined;
    if (view.getUint32(at, true) !== PT_NOTE) continue;
    const offset = Number(view.getBigUint64(at + 8, true));
    const sizeBytes = Number(view.getBigUint64(at + 32, true));
    if (offset + sizeBytes > file.length) return undefined;
    const found = findNote(file.subarray(offset, offset + sizeBytes), wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findNote(notes: Uint8Array, { name, type }: Pick<ElfNote, "name" | "type">): Uint8Array | undefined {
  const view = viewOf(notes);
  const padded = (sizeBytes: number): number => Math.ceil(sizeBytes / 4) * 4;
  for (let at = 0; at + NOTE_HEADER_BYTES <= notes.length;) {
    const nameAt = at + NOTE_HEADER_BYTES;
    const contentAt = nameAt + padded(view.getUint32(at, true));
    const end = contentAt + view.getUint32(at + 4, true);
    if (end > notes.length) return undefined;
    const found = new TextDecoder().decode(notes.subarray(nameAt, contentAt)).replace(/\0+$/, "");
    if (found === name && view.getUint32(at + 8, true) === type) return notes.slice(contentAt, end);
    at = contentAt + padded(end - contentAt);
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
