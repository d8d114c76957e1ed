/**
 * Writes ELF64 executables that need no loader: headers, the segments as they are mapped, notes.
 *
 * Position independent (ET_DYN without an interpreter): the operating system picks the address, and nothing in the
 * file has to be changed for it. At fixed addresses (ET_EXEC): what a VMM puts into physical memory, packed, since
 * it copies. Source: System V ABI, "Object Files"; AMD64 supplement.
 *
 *   0      ELF header, program headers
 *   4096   the first segment, and each next one at a multiple of a page; or one right after the other
 *          notes
 *
 * Tests: elf.test.ts
 */
const PAGE_BYTES = 4096;
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;

const PACKED_ALIGNMENT = 16;
const NOTE_ALIGNMENT = 4;

const ET_EXEC = 2;
const ET_DYN = 3;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_GNU_STACK = 0x6474e551;

/** p_flags. */
export const enum SegmentAccess {
  Execute = 1,
  Write = 2,
  Read = 4,
}

export interface ElfSegment {
  /** A multiple of a page. Segments stand in the order of their addresses and share no page. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** At least `bytes.length`; what is more is zero. */
  readonly sizeBytes: number;
  readonly access: number;
}

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface ElfOptions {
  readonly placement?: "independent" | "fixed";
  readonly notes?: readonly ElfNote[];
}

export function writeElf(
  segments: readonly ElfSegment[],
  entry: number,
  options: ElfOptions = {},
): Uint8Array {
  const both = SegmentAccess.Write | SegmentAccess.Execute;
  if (segments.some(({ access }) => (access & both) === both)) {
    throw new Error("a segment must not be both written and executed");
  }
  const { placement = "independent" } = options;
  const isFixed = placement === "fixed";
  const used = segments.filter(({ sizeBytes }) => sizeBytes > 0);
  const notes = writeNotes(options.notes ?? []);
  const headers = used.length + (isFixed ? 0 : 1) + (notes.length > 0 ? 1 : 0);
  const start = isFixed ? HEADER_BYTES + headers * PROGRAM_HEADER_BYTES : PAGE_BYTES;
  let end = start;
  const place = (bytes: Uint8Array, alignment: number): number => {
    const offset = (end + alignment - 1) & -alignment;
    end = offset + bytes.length;
    return offset;
  };
  const offsets = used.map(({ bytes }) => place(bytes, isFixed ? PACKED_ALIGNMENT : PAGE_BYTES));
  const notesAt = place(notes, NOTE_ALIGNMENT);
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  writeHeader(view, headers, entry, isFixed ? ET_EXEC : ET_DYN);
  used.forEach((segment, index) => {
    const offset = offsets[index]!;
    file.set(segment.bytes, offset);
    writeProgramHeader(view, index, PT_LOAD, segment, offset);
  });
  file.set(notes, notesAt);
  const flat = { address: 0, bytes: new Uint8Array(0), sizeBytes: 0 };
  let next = used.length;
  if (!isFixed) {
    const access = SegmentAccess.Read | SegmentAccess.Write;
    writeProgramHeader(view, next++, PT_GNU_STACK, { ...flat, access }, 0);
  }
  if (notes.length > 0) {
    const segment = { ...flat, bytes: notes, sizeBytes: notes.length, access: SegmentAccess.Read };
    writeProgramHeader(view, next, PT_NOTE, segment, notesAt);
  }
  return file;
}

/** u32 bytes of the name with its zero, u32 bytes of the content, u32 type; name and content padded to 4. */
function writeNotes(notes: readonly ElfNote[]): Uint8Array {
  const padded = (sizeBytes: number) => (sizeBytes + NOTE_ALIGNMENT - 1) & -NOTE_ALIGNMENT;
  const pieces = notes.map(({ name, type, bytes }) => {
    const nameBytes = new TextEncoder().encode(`${name}\0`);
    const piece = new Uint8Array(12 + padded(nameBytes.length) + padded(bytes.length));
    const view = new DataView(piece.buffer);
    view.setUint32(0, nameBytes.length, true);
    view.setUint32(4, bytes.length, true);
    view.setUint32(8, type, true);
    piece.set(nameBytes, 12);
    piece.set(bytes, 12 + padded(nameBytes.length));
    return piece;
  });
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function writeHeader(view: DataView, programHeaders: number, entry: number, type: number): void {
  view.setUint32(0, 0x7f454c46); // magic, big-endian as written
  view.setUint8(4, 2); // 64 bits
  view.setUint8(5, 1); // little-endian
  view.setUint8(6, 1); // version
  view.setUint16(16, type, true);
  view.setUint16(18, EM_X86_64, true);
  view.setUint32(20, 1, true);
  setAddress(view, 24, entry);
  setAddress(view, 32, HEADER_BYTES); // program headers
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, programHeaders, true);
  view.setUint16(58, 64, true); // size of a section header, of which there are none
}

function writeProgramHeader(
  view: DataView,
  index: number,
  type: number,
  { address, bytes, sizeBytes, access }: ElfSegment,
  offset: number,
): void {
  const at = HEADER_BYTES + index * PROGRAM_HEADER_BYTES;
  view.setUint32(at, type, true);
  view.setUint32(at + 4, access, true);
  setAddress(view, at + 8, offset);
  setAddress(view, at + 16, address);
  setAddress(view, at + 24, address);
  setAddress(view, at + 32, bytes.length);
  setAddress(view, at + 40, sizeBytes);
  setAddress(view, at + 48, ALIGNMENTS[type]!);
}

const ALIGNMENTS: Readonly<Record<number, number>> = {
  [PT_LOAD]: PAGE_BYTES,
  [PT_GNU_STACK]: 16,
  [PT_NOTE]: NOTE_ALIGNMENT,
};

function setAddress(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}
