/** Multiplication and division. */
import { encoding, extended, integer, Role } from "../encoding.ts";

function multiply(width: 4 | 8) {
  return {
    regRm: integer("imul", width, 0xaf, Role.ReadWrite, Role.Read, { map: 1 }),
    /** `reg` = `rm` times the sign-extended immediate. */
    regRmImm8: integer("imul", width, 0x6b, Role.Write, Role.Read, { immediateBytes: 1 }),
    regRmImm32: integer("imul", width, 0x69, Role.Write, Role.Read, { immediateBytes: 4 }),
  };
}
export const IMUL32 = multiply(4);
export const IMUL64 = multiply(8);

/** rdx:rax = rax times `rm`. */
export const MUL32 = extended("mul", 4, 0xf7, 4, Role.Read);
export const MUL64 = extended("mul", 8, 0xf7, 4, Role.Read);
export const IMUL_WIDE32 = extended("imul", 4, 0xf7, 5, Role.Read);
export const IMUL_WIDE64 = extended("imul", 8, 0xf7, 5, Role.Read);

/** rax = rdx:rax / `rm`, rdx = remainder. #DE for 0 and where the quotient does not fit. */
export const DIV32 = extended("div", 4, 0xf7, 6, Role.Read);
export const DIV64 = extended("div", 8, 0xf7, 6, Role.Read);
export const IDIV32 = extended("idiv", 4, 0xf7, 7, Role.Read);
export const IDIV64 = extended("idiv", 8, 0xf7, 7, Role.Read);

/** edx becomes the sign of eax; rdx that of rax. */
export const CDQ = encoding({ mnemonic: "cdq", opcode: 0x99 });
export const CQO = encoding({ mnemonic: "cqo", opcode: 0x99, wide: true });
/** rax = eax, sign-extended. */
export const CDQE = encoding({ mnemonic: "cdqe", opcode: 0x98, wide: true });
