/**
 * The kernel inside Linux's boot file (`bzImage`; Documentation/arch/x86/boot.rst), as the ELF file that it is. A
 * monitor that loads it directly, as Firecracker does, spares the guest from unpacking it.
 */
import { LZ4_LEGACY_MAGIC, unpackLz4 } from "./lz4.ts";
import { NotHere } from "../not-here.ts";
import { unpack } from "./unpack.ts";

/** Offsets of the setup header, 1.1 "The Real-Mode Kernel Header". */
const enum Header {
  SetupSectors = 0x1f1,
  Magic = 0x202,
  PayloadOffset = 0x248,
  PayloadLength = 0x24c,
}
const MAGIC = 0x53726448; // "HdrS"
const SECTOR_BYTES = 512;

/** Undefined: packed in a way that nothing here reads. Throws for what is no such file. */
export function unpackBootFile(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < Header.PayloadLength + 4 || view.getUint32(Header.Magic, true) !== MAGIC) {
    throw new NotHere("the kernel's file is no boot file of Linux on x86");
  }
  const code = (view.getUint8(Header.SetupSectors) + 1) * SECTOR_BYTES;
  const start = code + view.getUint32(Header.PayloadOffset, true);
  const length = view.getUint32(Header.PayloadLength, true);
  // The payload's last word is its size when unpacked.
  if (view.getUint32(start, true) !== LZ4_LEGACY_MAGIC)
    return unpack(bytes.subarray(start, start + length - 4));
  const sizeBytes = view.getUint32(start + length - 4, true);
  return unpackLz4(bytes.subarray(start, start + length - 4), sizeBytes);
}
