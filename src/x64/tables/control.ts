/** Calls, jumps and returns. Jumps to labels and relocated calls are methods of the assembler. */
import { encoding, extended, Role } from "../encoding.ts";

export const JMP = extended("jmp", 4, 0xff, 4, Role.Read, { rmBytes: 8 });
export const CALL = extended("call", 4, 0xff, 2, Role.Read, { rmBytes: 8 });
export const RET = encoding({ mnemonic: "ret", opcode: 0xc3 });
/** Takes the immediate's count of bytes off the stack besides the return address. */
export const RET_POP = encoding({ mnemonic: "ret", opcode: 0xc2, immediateBytes: 2 });
export const UD2 = encoding({ mnemonic: "ud2", map: 1, opcode: 0x0b });
export const INT3 = encoding({ mnemonic: "int3", opcode: 0xcc });
export const NOP = encoding({ mnemonic: "nop", opcode: 0x90 });
export const PAUSE = encoding({ mnemonic: "pause", prefix: 0xf3, opcode: 0x90 });
