/**
 * What the loader does, as flat records made from an image's program headers: what of the disk goes where in memory.
 *
 *   record, 16 bytes   0 u32 sector; 0, the boot sector's: clear   4 u32 bytes to skip of the first
 *                      8 u32 physical address   12 u32 bytes
 *
 * A record may be of any size; the loader works it off by as much as one call of the firmware reads.
 *
 * Tests: loader.test.ts
 */
import { SECTOR_BYTES } from "../image/disk.ts";
import { loadedSegments } from "../image/elf-file.ts";

export const enum LoadRecord {
  Sector = 0,
  Skip = 4,
  Address = 8,
  Bytes = 12,
  Size = 16,
}

export interface LoadStep {
  /** From the image's first sector; absent: the range is cleared. */
  readonly sector?: number;
  readonly skip: number;
  readonly address: number;
  readonly sizeBytes: number;
}

export function loadSteps(elf: Uint8Array): readonly LoadStep[] {
  return loadedSegments(elf).flatMap(({ offset, fileBytes, address, memoryBytes }) => {
    const sector = Math.floor(offset / SECTOR_BYTES);
    const rest = { skip: 0, address: address + fileBytes, sizeBytes: memoryBytes - fileBytes };
    const copied = { sector, skip: offset % SECTOR_BYTES, address, sizeBytes: fileBytes };
    return [copied, rest].filter(({ sizeBytes }) => sizeBytes > 0);
  });
}

/** `imageSector`: where the image begins on the disk. */
export function writeLoadList(steps: readonly LoadStep[], imageSector: number): Uint8Array {
  const bytes = new Uint8Array(steps.length * LoadRecord.Size);
  const view = new DataView(bytes.buffer);
  steps.forEach(({ sector, skip, address, sizeBytes }, index) => {
    const at = index * LoadRecord.Size;
    view.setUint32(at + LoadRecord.Sector, sector === undefined ? 0 : imageSector + sector, true);
    view.setUint32(at + LoadRecord.Skip, skip, true);
    view.setUint32(at + LoadRecord.Address, address, true);
    view.setUint32(at + LoadRecord.Bytes, sizeBytes, true);
  });
  return bytes;
}
