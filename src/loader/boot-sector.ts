/**
 * Sector 0: what a PC's firmware loads and enters, in 16-bit code. It reads the loader and jumps there.
 *
 * The firmware says in dl which disk it is. Needs int 13h's extensions, which every firmware of this century has.
 */
import { SECTOR_BYTES } from "../image/disk.ts";
import { ABSENT } from "../x64/encoder.ts";
import { Condition, RAX, RDX, RSI, RSP } from "../x64/register.ts";
import { CLD, CLI, MOV8, MOV_TO_SEGMENT, PUSH, RETF, STI, XOR32 } from "../x64/tables/index.ts";
import {
  BOOT_SECTOR_ADDRESS,
  LOADER_ADDRESS,
  LOADER_BYTES_LIMIT,
  PACKET_BYTES,
  STACK_END,
  Variable,
} from "./memory.ts";
import { RealModeAssembler } from "./real-mode-assembler.ts";
import { emitStop } from "./stop.ts";

/** Before the disk's signature and the partition table. */
const BYTES_LIMIT = 440;
export const DISK_SERVICE = 0x13;
export const EXTENDED_READ = 0x42 << 8;
export const READ_FAILED = "skerry: the firmware cannot read this disk\n";

/** `entry`: where the loader is entered, once it lies at `LOADER_ADDRESS`. */
export function emitBootSector(loaderSectors: number, entry: number): Uint8Array {
  if (loaderSectors * SECTOR_BYTES > LOADER_BYTES_LIMIT)
    throw new Error("the loader is too large for one read");
  const a = new RealModeAssembler(BOOT_SECTOR_ADDRESS);
  const failed = a.label();
  a.none(CLI);
  a.rr(XOR32.regRm, RAX, RAX);
  for (const segment of [0, 2, 3]) a.rr(MOV_TO_SEGMENT, segment, RAX);
  a.set32(RSP, STACK_END);
  a.none(STI);
  a.none(CLD);
  a.setAt(Variable.Packet, PACKET_BYTES | (loaderSectors << 16));
  a.setAt(Variable.PacketBuffer, (LOADER_ADDRESS >> 4) << 16);
  a.setAt(Variable.PacketSector, 1);
  a.setAt(Variable.PacketSectorHigh, 0);
  a.setAt(Variable.Drive, 0);
  a.rm(MOV8.rmReg, RDX, ABSENT, ABSENT, 1, Variable.Drive);
  a.set32(RSI, Variable.Packet);
  a.set32(RAX, EXTENDED_READ);
  a.interrupt(DISK_SERVICE);
  a.branch(Condition.Below, failed);
  a.i(PUSH.imm32, 0);
  a.i(PUSH.imm32, entry);
  a.none(RETF);
  a.bind(failed);
  emitStop(a, READ_FAILED);
  const { code } = a.assemble();
  if (code.length > BYTES_LIMIT) throw new Error(`the boot sector's code is ${code.length} bytes`);
  return code;
}
