/**
 * Where the loader keeps what, below 1 MiB: memory that a PC's firmware leaves to it.
 *
 *   0x00600   `Variable`s                      4 KiB in all, the memory map at their end
 *   0x07c00   the boot sector; the stack ends below it
 *   0x08000   descriptor, loader, its list     as read from sector 1 on
 *   0x18000   configuration                    the boot module, of whole pages
 *   0x20000   what was read from the disk, on its way to where it belongs
 *
 * The keel hands out memory above 1 MiB only: what it is told here stays.
 */
export const BOOT_SECTOR_ADDRESS = 0x7c00;
export const STACK_END = 0x7c00;
export const LOADER_ADDRESS = 0x8000;
export const LOADER_BYTES_LIMIT = 127 * 512;
export const CONFIGURATION_ADDRESS = 0x1_8000;
export const BOUNCE_ADDRESS = 0x2_0000;
/** What one call to the firmware reads, within the 64 KiB that it can address. */
export const READ_SECTORS_LIMIT = 64;

export const enum Variable {
  /** Disk address packet of int 13h: u16 bytes, u16 sectors, u16 offset, u16 segment, u64 sector. */
  Packet = 0x600,
  PacketBuffer = 0x604,
  PacketSector = 0x608,
  PacketSectorHigh = 0x60c,
  /** The firmware's number of the disk. */
  Drive = 0x610,
  /** Of the descriptor table: u16 limit, u32 address. */
  TableRegister = 0x614,
  /** PVH's hvm_start_info and its one module, 88 bytes of zeros to begin with. */
  StartInformation = 0x620,
  Module = 0x658,
  /** hvm_memmap_table_entry, 24 bytes each, which is also how int 15h writes them. */
  MemoryMap = 0x700,
}
export const MEMORY_MAP_ENTRY_BYTES = 24;
export const MEMORY_MAP_ENTRIES_LIMIT = 128;
export const PACKET_BYTES = 16;
