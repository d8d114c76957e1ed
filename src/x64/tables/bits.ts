/** Counts and tests of bits. x86-64-v2 has popcnt, but neither lzcnt nor tzcnt: bsr and bsf, which set ZF for 0. */
import { extended, Form, integer, Role } from "../encoding.ts";

export const POPCNT32 = integer("popcnt", 4, 0xb8, Role.Write, Role.Read, { map: 1, prefix: 0xf3 });
export const POPCNT64 = integer("popcnt", 8, 0xb8, Role.Write, Role.Read, { map: 1, prefix: 0xf3 });

/** For 0 the target keeps its value (AMD says so, Intel's processors do so): so it counts as read. */
const scan = (mnemonic: string, opcode: number, width: 4 | 8) =>
  integer(mnemonic, width, opcode, Role.ReadWrite, Role.Read, { map: 1 });
export const BSF32 = scan("bsf", 0xbc, 4);
export const BSF64 = scan("bsf", 0xbc, 8);
export const BSR32 = scan("bsr", 0xbd, 4);
export const BSR64 = scan("bsr", 0xbd, 8);

/** CF becomes bit `imm8` of `rm`, then it is kept, set, cleared or turned. */
const bitTest = (mnemonic: string, extension: number, width: 4 | 8) =>
  extended(mnemonic, width, 0xba, extension, mnemonic === "bt" ? Role.Read : Role.ReadWrite, {
    map: 1,
    opcode: 0xba,
    immediateBytes: 1,
    lockable: mnemonic !== "bt",
  });
/** By a register, of registers only: with memory the bit's number would reach beyond the operand. */
const bitTestRegister = (width: 4 | 8) =>
  integer("bt", width, 0xa3, Role.Read, Role.Read, { map: 1, form: Form.RegisterOnly });
export const BT32 = { rmImm8: bitTest("bt", 4, 4), rmReg: bitTestRegister(4) };
export const BT64 = { rmImm8: bitTest("bt", 4, 8), rmReg: bitTestRegister(8) };
export const BTS32 = bitTest("bts", 5, 4);
export const BTS64 = bitTest("bts", 5, 8);
export const BTR32 = bitTest("btr", 6, 4);
export const BTR64 = bitTest("btr", 6, 8);
export const BTC32 = bitTest("btc", 7, 4);
export const BTC64 = bitTest("btc", 7, 8);
