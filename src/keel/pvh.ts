/** The note by which a VMM finds the 32-bit entry (Xen, XEN_ELFNOTE_PHYS32_ENTRY). */
const PHYS32_ENTRY = 18;

export function pvhNote(entry: number): {
  readonly name: string;
  readonly type: number;
  readonly bytes: Uint8Array;
} {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, entry, true);
  return { name: "Xen", type: PHYS32_ENTRY, bytes };
}
