/** An image as a raw disk that boots by itself: boot sector, loader, configuration and image together. */
import { diskPlaces, writeDisk } from "../image/disk.ts";
import { readNote } from "../image/elf-file.ts";
import { emitBootSector } from "./boot-sector.ts";
import { emitLoader } from "./loader.ts";

/** XEN_ELFNOTE_PHYS32_ENTRY. */
const PVH_ENTRY = { name: "Xen", type: 18 };

/** `configuration`: `key=value` lines for the guest (`src/kernel/configuration.ts`). */
export function bootDisk(elf: Uint8Array, configuration: string): Uint8Array {
  const note = readNote(elf, PVH_ENTRY);
  if (note === undefined) throw new Error("only a virtual machine's kernel boots from a disk");
  const entry = new DataView(note.buffer, note.byteOffset, note.length).getUint32(0, true);
  const loader = emitLoader(elf, entry);
  const { loaderSectors } = diskPlaces(loader.bytes.length);
  const bootSector = emitBootSector(loaderSectors, loader.entry);
  return writeDisk({ bootSector, loader: loader.bytes, elf, configuration });
}
