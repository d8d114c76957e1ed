/**
 * Bytes of code in a kernel or a module, by its section headers: those that may be executed and are kept after start.
 *
 * Source: System V ABI, "Sections"; Linux, include/linux/init.h for the names of what is given back.
 */
const MAGIC = 0x464c457f; // "\x7fELF"
const SECTION_HEADER_BYTES = 64;
const SHF_ALLOC_EXECINSTR = 2 | 4;
/** Given back once the kernel runs, or never loaded. */
const FREED = /^\.(init|exit|altinstr)/;

/** Undefined: this is no ELF file with sections. */
export function codeSections(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < SECTION_HEADER_BYTES || view.getUint32(0, true) !== MAGIC) return undefined;
  const start = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const namesIndex = view.getUint16(62, true);
  if (start === 0 || start + count * SECTION_HEADER_BYTES > bytes.length) return undefined;
  const at = (index: number): number => start + index * SECTION_HEADER_BYTES;
  const names = Number(view.getBigUint64(at(namesIndex) + 24, true));
  const nameOf = (index: number): string => {
    const from = names + view.getUint32(at(index), true);
    return Buffer.from(bytes.subarray(from, bytes.indexOf(0, from))).toString("latin1");
  };
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const flags = Number(view.getBigUint64(at(index) + 8, true));
    if ((flags & SHF_ALLOC_EXECINSTR) !== SHF_ALLOC_EXECINSTR || FREED.test(nameOf(index))) continue;
    sum += Number(view.getBigUint64(at(index) + 32, true));
  }
  return sum;
}
