/** Shifts and rotates. `cl` rows count by cl, whose upper bits the processor ignores (5 bits, 6 for 64). */
import { extended, integer, Role } from "../encoding.ts";

function shift(mnemonic: string, extension: number, width: 1 | 2 | 4 | 8) {
  return {
    one: extended(mnemonic, width, 0xd1, extension, Role.ReadWrite),
    imm8: extended(mnemonic, width, 0xc1, extension, Role.ReadWrite, { immediateBytes: 1 }),
    cl: extended(mnemonic, width, 0xd3, extension, Role.ReadWrite),
  };
}

export type Shift = ReturnType<typeof shift>;

export const ROL8 = shift("rol", 0, 1);
export const ROL16 = shift("rol", 0, 2);
export const ROL32 = shift("rol", 0, 4);
export const ROL64 = shift("rol", 0, 8);
export const ROR8 = shift("ror", 1, 1);
export const ROR16 = shift("ror", 1, 2);
export const ROR32 = shift("ror", 1, 4);
export const ROR64 = shift("ror", 1, 8);
export const SHL8 = shift("shl", 4, 1);
export const SHL16 = shift("shl", 4, 2);
export const SHL32 = shift("shl", 4, 4);
export const SHL64 = shift("shl", 4, 8);
export const SHR8 = shift("shr", 5, 1);
export const SHR16 = shift("shr", 5, 2);
export const SHR32 = shift("shr", 5, 4);
export const SHR64 = shift("shr", 5, 8);
export const SAR8 = shift("sar", 7, 1);
export const SAR16 = shift("sar", 7, 2);
export const SAR32 = shift("sar", 7, 4);
export const SAR64 = shift("sar", 7, 8);

/** `rm` shifts, and takes in bits of `reg`. */
function double(mnemonic: string, opcode: number, width: 4 | 8) {
  return {
    imm8: integer(mnemonic, width, opcode, Role.Read, Role.ReadWrite, { map: 1, immediateBytes: 1 }),
    cl: integer(mnemonic, width, opcode + 1, Role.Read, Role.ReadWrite, { map: 1 }),
  };
}
export const SHLD32 = double("shld", 0xa4, 4);
export const SHLD64 = double("shld", 0xa4, 8);
export const SHRD32 = double("shrd", 0xac, 4);
export const SHRD64 = double("shrd", 0xac, 8);
