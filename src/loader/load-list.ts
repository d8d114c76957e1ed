/**
 * What the loader does, as flat records made from an image's program headers: what of the disk goes where in memory.
 *
 *   record, 16 bytes   0 u32 sector   4 u16 sectors to read; 0: clear   6 u16 bytes to skip of the first
 *                      8 u32 physical address   12 u32 bytes
 *
 * Each is one call of the firmware and one copy.
 *
 * Tests: load-list.test.ts
 */
import { SECTOR_BYTES } from "../image/disk.ts";
import { loadedSegments } from "../image/elf-file.ts";
import { READ_SECTORS_LIMIT } from "./memory.ts";

export const enum LoadRecord {
  Sector = 0,
  Sectors = 4,
  Skip = 6,
  Address = 8,
  Bytes = 12,
  Size = 16,
}

export interface LoadStep {
  /** From the image's first sector. */
  readonly sector: number;
  readonly sectors: number;
  readonly skip: number;
  readonly address: number;
  readonly sizeBytes: number;
}

export function loadSteps(elf: Uint8Array): readonly LoadStep[] {
  const steps: LoadStep[] = [];
  for (const { offset, fileBytes, address, memoryBytes } of loadedSegments(elf)) {
    for (let done = 0; done < fileBytes;) {
      const skip = (offset + done) % SECTOR_BYTES;
      const sizeBytes = Math.min(fileBytes - done, READ_SECTORS_LIMIT * SECTOR_BYTES - skip);
      const sector = Math.floor((offset + done) / SECTOR_BYTES);
      const sectors = Math.ceil((skip + sizeBytes) / SECTOR_BYTES);
      steps.push({ sector, sectors, skip, address: address + done, sizeBytes });
      done += sizeBytes;
    }
    const rest = memoryBytes - fileBytes;
    if (rest > 0)
      steps.push({ sector: 0, sectors: 0, skip: 0, address: address + fileBytes, sizeBytes: rest });
  }
  return steps;
}

/** `imageSector`: where the image begins on the disk. */
export function writeLoadList(steps: readonly LoadStep[], imageSector: number): Uint8Array {
  const bytes = new Uint8Array(steps.length * LoadRecord.Size);
  const view = new DataView(bytes.buffer);
  steps.forEach(({ sector, sectors, skip, address, sizeBytes }, index) => {
    const at = index * LoadRecord.Size;
    view.setUint32(at + LoadRecord.Sector, sectors === 0 ? 0 : imageSector + sector, true);
    view.setUint16(at + LoadRecord.Sectors, sectors, true);
    view.setUint16(at + LoadRecord.Skip, skip, true);
    view.setUint32(at + LoadRecord.Address, address, true);
    view.setUint32(at + LoadRecord.Bytes, sizeBytes, true);
  });
  return bytes;
}
