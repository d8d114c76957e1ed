/**
 * An image as a raw disk that any PC's firmware starts: where its pieces lie, and how they are read again.
 *
 *   sector 0     boot sector, with one partition that covers the rest
 *          1     descriptor (64 bytes), loader, and the list of what it loads where     (src/loader)
 *                configuration: `key=value` lines, room for 32 KiB
 *                the image as it is in an ELF file; zeros up to a whole MiB
 *
 *   descriptor   0 "SKERRYDK"   8 u32 format   12 u32 sectors of the loader   16 u32 first sector of the configuration
 *                20 u32 bytes of it   24 u32 first sector of the image   28 u32 bytes of it
 *
 * A disk may be any file, so every number is checked before it is used.
 *
 * Tests: disk.test.ts; booted, tests/functional/raw-disk.test.ts
 */
import { UserError } from "./user-error.ts";

export const SECTOR_BYTES = 512;
export const DESCRIPTOR_BYTES = 64;
export const CONFIGURATION_SECTORS = 64;
const CONFIGURATION_ROOM_BYTES = CONFIGURATION_SECTORS * SECTOR_BYTES;

/**
 * A disk is a multiple of it, as clouds want theirs. SeaBIOS needs one cylinder of 16 heads and 63 sectors at least:
 * of a smaller disk it cannot read the first sector.
 */
const DISK_UNIT_SECTORS = 2048;

const MAGIC = new TextEncoder().encode("SKERRYDK");
const FORMAT = 1;
const LOADER_SECTOR = 1;
const DESCRIPTOR_AT = LOADER_SECTOR * SECTOR_BYTES;
const PARTITION_AT = 446;
const SIGNATURE_AT = 510;
const SIGNATURE = 0xaa55;
const ACTIVE = 0x80;
/** "Non-FS data". */
const PARTITION_TYPE = 0xda;
/** Cylinder, head and sector of what lies beyond their reach. */
const BEYOND = Uint8Array.of(0xfe, 0xff, 0xff);

export const enum DescriptorField {
  Format = 8,
  LoaderSectors = 12,
  ConfigurationSector = 16,
  ConfigurationBytes = 20,
  ImageSector = 24,
  ImageBytes = 28,
}

export interface DiskPlaces {
  readonly loaderSectors: number;
  readonly configurationSector: number;
  readonly imageSector: number;
}

/** Where everything lies behind a loader of this size, its descriptor included. */
export function diskPlaces(loaderBytes: number): DiskPlaces {
  const loaderSectors = sectorsOf(loaderBytes);
  const configurationSector = LOADER_SECTOR + loaderSectors;
  return { loaderSectors, configurationSector, imageSector: configurationSector + CONFIGURATION_SECTORS };
}

export interface DiskParts {
  /** At most 440 bytes of code. */
  readonly bootSector: Uint8Array;
  /** Begins with room for the descriptor. */
  readonly loader: Uint8Array;
  readonly elf: Uint8Array;
  readonly configuration: string;
}

export function writeDisk({ bootSector, loader, elf, configuration }: DiskParts): Uint8Array {
  const { loaderSectors, configurationSector, imageSector } = diskPlaces(loader.length);
  const used = imageSector + sectorsOf(elf.length);
  const sectors = Math.ceil(used / DISK_UNIT_SECTORS) * DISK_UNIT_SECTORS;
  const disk = new Uint8Array(sectors * SECTOR_BYTES);
  const view = viewOf(disk);
  disk.set(bootSector);
  disk.set([ACTIVE, ...BEYOND, PARTITION_TYPE, ...BEYOND], PARTITION_AT);
  view.setUint32(PARTITION_AT + 8, LOADER_SECTOR, true);
  view.setUint32(PARTITION_AT + 12, sectors - LOADER_SECTOR, true);
  view.setUint16(SIGNATURE_AT, SIGNATURE, true);
  disk.set(loader, DESCRIPTOR_AT);
  disk.set(MAGIC, DESCRIPTOR_AT);
  const set = (field: DescriptorField, value: number) => view.setUint32(DESCRIPTOR_AT + field, value, true);
  set(DescriptorField.Format, FORMAT);
  set(DescriptorField.LoaderSectors, loaderSectors);
  set(DescriptorField.ConfigurationSector, configurationSector);
  set(DescriptorField.ImageSector, imageSector);
  set(DescriptorField.ImageBytes, elf.length);
  disk.set(elf, imageSector * SECTOR_BYTES);
  return configureDisk(disk, configuration);
}

export function isDisk(file: Uint8Array): boolean {
  return (
    file.length >= 2 * SECTOR_BYTES &&
    viewOf(file).getUint16(SIGNATURE_AT, true) === SIGNATURE &&
    MAGIC.every((byte, index) => file[DESCRIPTOR_AT + index] === byte)
  );
}

/** The ELF file in a disk; undefined where what its descriptor says cannot be. */
export function elfOfDisk(disk: Uint8Array): Uint8Array | undefined {
  const field = fieldsOf(disk);
  if (field(DescriptorField.Format) !== FORMAT) return undefined;
  const start = field(DescriptorField.ImageSector) * SECTOR_BYTES;
  const end = start + field(DescriptorField.ImageBytes);
  return end > disk.length ? undefined : disk.subarray(start, end);
}

/** The configuration in a disk; empty where its place cannot be. */
export function configurationOfDisk(disk: Uint8Array): string {
  const field = fieldsOf(disk);
  const start = field(DescriptorField.ConfigurationSector) * SECTOR_BYTES;
  const end = start + Math.min(field(DescriptorField.ConfigurationBytes), CONFIGURATION_ROOM_BYTES);
  return new TextDecoder().decode(disk.subarray(start, end));
}

/** The same disk with another configuration. Throws a `UserError` for one that does not fit. */
export function configureDisk(disk: Uint8Array, configuration: string): Uint8Array {
  const bytes = new TextEncoder().encode(configuration);
  if (bytes.length > CONFIGURATION_ROOM_BYTES) {
    const said = `a raw disk has room for ${CONFIGURATION_ROOM_BYTES} bytes of configuration, and this one has ${bytes.length}`;
    throw new UserError("configuration", said, "give the app fewer or shorter variables");
  }
  const start = fieldsOf(disk)(DescriptorField.ConfigurationSector) * SECTOR_BYTES;
  if (start + CONFIGURATION_ROOM_BYTES > disk.length)
    throw new UserError("entry", "this disk is cut off", "build it again");
  const configured = disk.slice();
  configured.fill(0, start, start + CONFIGURATION_ROOM_BYTES);
  configured.set(bytes, start);
  viewOf(configured).setUint32(DESCRIPTOR_AT + DescriptorField.ConfigurationBytes, bytes.length, true);
  return configured;
}

/** What `given` says, and of `own` what is not said there: of lines with one key the kernel takes the first. */
export function overlaid(given: string, own: string): string {
  const keyOf = (line: string): string => line.split("=")[0]!;
  const keys = new Set(given.split("\n").map(keyOf));
  const kept = own.split("\n").filter((line) => line !== "" && !keys.has(keyOf(line)));
  return given + kept.map((line) => `${line}\n`).join("");
}

function fieldsOf(disk: Uint8Array): (field: DescriptorField) => number {
  const view = viewOf(disk);
  return (field) => view.getUint32(DESCRIPTOR_AT + field, true);
}

function sectorsOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / SECTOR_BYTES);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
