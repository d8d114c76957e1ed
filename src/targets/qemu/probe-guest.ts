/**
 * The smallest guest: it says through port 0xf4 that it ran, and nothing else.
 *
 * QEMU enters it by its PVH note in 32-bit protected mode, as it enters an image.
 */
import { SegmentAccess, writeElf } from "../../image/elf.ts";

const ADDRESS = 0x100000;
const SIZE_BYTES = 4096;
/** XEN_ELFNOTE_PHYS32_ENTRY. */
const PVH_ENTRY = 18;
const SAID = 0x2a;
/** What isa-debug-exit makes of it. */
export const PROBE_STATUS = (SAID << 1) | 1;

// prettier-ignore
const CODE = Uint8Array.of(
  0xb0, SAID, //  mov al, SAID
  0xe6, 0xf4, //  out 0xf4, al
  0xf4, //        hlt
  0xeb, 0xfd, //  jmp to the hlt
);

export function probeGuest(): Uint8Array {
  return pvhGuest(CODE);
}

/** A bootable file of 32-bit code alone. */
export function pvhGuest(code: Uint8Array): Uint8Array {
  const entry = new Uint8Array(4);
  new DataView(entry.buffer).setUint32(0, ADDRESS, true);
  const access = SegmentAccess.Read | SegmentAccess.Execute;
  return writeElf(
    [{ address: ADDRESS, bytes: code, sizeBytes: Math.max(code.length, SIZE_BYTES), access }],
    ADDRESS,
    {
      placement: "fixed",
      notes: [{ name: "Xen", type: PVH_ENTRY, bytes: entry }],
    },
  );
}
