/** Repeated string instructions: rcx elements, to [rdi], from [rsi] or the accumulator, upwards while DF is clear. */
import { encoding, type Encoding } from "../encoding.ts";

const repeated = (mnemonic: string, opcode: number, wide = false): Encoding =>
  encoding({ mnemonic, prefix: 0xf3, opcode, wide });
export const REP_MOVSB = repeated("movsb", 0xa4);
export const REP_MOVSD = repeated("movsd", 0xa5);
export const REP_MOVSQ = repeated("movsq", 0xa5, true);
export const REP_STOSB = repeated("stosb", 0xaa);
export const REP_STOSD = repeated("stosd", 0xab);
export const REP_STOSQ = repeated("stosq", 0xab, true);

export const CLD = encoding({ mnemonic: "cld", opcode: 0xfc });
export const STD = encoding({ mnemonic: "std", opcode: 0xfd });
/** Bytes from [rsi] to port dx, rcx times. */
export const REP_OUTSB = repeated("outsb", 0x6e);
