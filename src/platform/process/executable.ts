/** A program linked for this platform, as the bytes of an executable. */
import { SegmentAccess, writeElf, type ElfNote } from "../../image/elf.ts";
import type { LinkedProgram } from "../../linker/linked.ts";

export function writeExecutable(
  { sections, entry }: LinkedProgram,
  notes: readonly ElfNote[] = [],
): Uint8Array {
  const { constants, code, data } = sections;
  return writeElf(
    [
      { ...constants, access: SegmentAccess.Read },
      { ...code, access: SegmentAccess.Read | SegmentAccess.Execute },
      { ...data, access: SegmentAccess.Read | SegmentAccess.Write },
    ],
    entry,
    { notes },
  );
}
