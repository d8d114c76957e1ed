/**
 * Writes ELF64 executables that need no loader: headers, and the segments as they are mapped.
 *
 * Position independent (ET_DYN without an interpreter): the operating system picks the address, and nothing in the
 * file has to be changed for it. Source: System V ABI, "Object Files"; AMD64 supplement.
 *
 *   0      ELF header, program headers
 *   4096   the first segment, and each next one at a multiple of a page
 *
 * Tests: elf.test.ts
 */
const PAGE_BYTES = 4096;
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;

const ET_DYN = 3;
const EM_X86_64 = 62;
const PT_LOAD = 1;
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

export function writeElf(segments: readonly ElfSegment[], entry: number): Uint8Array {
  const both = SegmentAccess.Write | SegmentAccess.Execute;
  if (segments.some(({ access }) => (access & both) === both)) {
    throw new Error("a segment must not be both written and executed");
  }
  const used = segments.filter(({ sizeBytes }) => sizeBytes > 0);
  let size = PAGE_BYTES;
  const offsets = used.map(({ bytes }) => {
    const offset = size;
    size = (size + bytes.length + PAGE_BYTES - 1) & -PAGE_BYTES;
    return offset;
  });
  const last = used.length - 1;
  const file = new Uint8Array(used.length === 0 ? PAGE_BYTES : offsets[last]! + used[last]!.bytes.length);
  const view = new DataView(file.buffer);
  writeHeader(view, used.length + 1, entry);
  used.forEach((segment, index) => {
    const offset = offsets[index]!;
    file.set(segment.bytes, offset);
    writeProgramHeader(view, index, PT_LOAD, segment, offset);
  });
  const stack = { address: 0, bytes: new Uint8Array(0), sizeBytes: 0 };
  const access = SegmentAccess.Read | SegmentAccess.Write;
  writeProgramHeader(view, used.length, PT_GNU_STACK, { ...stack, access }, 0);
  return file;
}

function writeHeader(view: DataView, programHeaders: number, entry: number): void {
  view.setUint32(0, 0x7f454c46); // magic, big-endian as written
  view.setUint8(4, 2); // 64 bits
  view.setUint8(5, 1); // little-endian
  view.setUint8(6, 1); // version
  view.setUint16(16, ET_DYN, true);
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
  setAddress(view, at + 48, type === PT_LOAD ? PAGE_BYTES : 16);
}

function setAddress(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}
