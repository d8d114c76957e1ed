/** Moves between integer registers and memory, with and without extension; push, pop, xchg, bswap. */
import { encoding, extended, Form, integer, RegisterClass, Role, type Encoding } from "../encoding.ts";

/** `reg` in the opcode's low bits. */
function short(
  mnemonic: string,
  opcode: number,
  reg: Role,
  bytes: number,
  rest: Partial<Encoding>,
): Encoding {
  return encoding({
    mnemonic,
    opcode,
    opcodeRegister: true,
    reg,
    regClass: RegisterClass.Integer,
    regBytes: bytes,
    ...rest,
  });
}

function moves(width: 1 | 2 | 4 | 8) {
  return {
    regRm: integer("mov", width, 0x8b, Role.Write, Role.Read),
    rmReg: integer("mov", width, 0x89, Role.Read, Role.Write),
  };
}

export const MOV8 = { ...moves(1), rmImm8: extended("mov", 1, 0xc7, 0, Role.Write, { immediateBytes: 1 }) };
export const MOV16 = { ...moves(2), rmImm16: extended("mov", 2, 0xc7, 0, Role.Write, { immediateBytes: 2 }) };
export const MOV32 = {
  ...moves(4),
  rmImm32: extended("mov", 4, 0xc7, 0, Role.Write, { immediateBytes: 4 }),
  /** Five bytes: the shortest way to a constant other than 0. */
  regImm32: short("mov", 0xb8, Role.Write, 4, { immediateBytes: 4 }),
};
export const MOV64 = {
  ...moves(8),
  /** Sign-extended. */
  rmImm32: extended("mov", 8, 0xc7, 0, Role.Write, { immediateBytes: 4 }),
  /** Written with `Encoder.ri64`. */
  regImm64: short("mov", 0xb8, Role.Write, 8, { wide: true, immediateBytes: 8 }),
};

/** From `from` bytes of `rm` to `to` bytes. 32-bit targets clear the upper half of their register. */
function extension(mnemonic: string, opcode: number, from: 1 | 2, to: 4 | 8): Encoding {
  return integer(mnemonic, to, opcode | (from === 2 ? 1 : 0), Role.Write, Role.Read, {
    map: 1,
    rmBytes: from,
  });
}

export const MOVZX8TO32 = extension("movzx", 0xb6, 1, 4);
export const MOVZX16TO32 = extension("movzx", 0xb6, 2, 4);
export const MOVZX8TO64 = extension("movzx", 0xb6, 1, 8);
export const MOVZX16TO64 = extension("movzx", 0xb6, 2, 8);
export const MOVSX8TO32 = extension("movsx", 0xbe, 1, 4);
export const MOVSX16TO32 = extension("movsx", 0xbe, 2, 4);
export const MOVSX8TO64 = extension("movsx", 0xbe, 1, 8);
export const MOVSX16TO64 = extension("movsx", 0xbe, 2, 8);
export const MOVSX32TO64 = integer("movsxd", 8, 0x63, Role.Write, Role.Read, { rmBytes: 4 });

/** 64 bits, without REX.W. */
export const PUSH = {
  reg: short("push", 0x50, Role.Read, 8, {}),
  rm: extended("push", 4, 0xff, 6, Role.Read, { rmBytes: 8 }),
  /** Sign-extended. */
  imm8: encoding({ mnemonic: "push", opcode: 0x6a, immediateBytes: 1 }),
  imm32: encoding({ mnemonic: "push", opcode: 0x68, immediateBytes: 4 }),
};
export const POP = {
  reg: short("pop", 0x58, Role.Write, 8, {}),
  rm: extended("pop", 4, 0x8f, 0, Role.Write, { rmBytes: 8 }),
};

export const BSWAP32 = short("bswap", 0xc8, Role.ReadWrite, 4, { map: 1 });
export const BSWAP64 = short("bswap", 0xc8, Role.ReadWrite, 8, { map: 1, wide: true });

/** With memory it is atomic without a lock prefix. */
const xchg = (width: 1 | 2 | 4 | 8) => integer("xchg", width, 0x87, Role.ReadWrite, Role.ReadWrite);
export const XCHG8 = xchg(1);
export const XCHG16 = xchg(2);
export const XCHG32 = xchg(4);
export const XCHG64 = xchg(8);

/** Big-endian loads and stores are not part of x86-64-v2: `mov` and `bswap`. Non-temporal stores are. */
export const MOVNTI32 = integer("movnti", 4, 0xc3, Role.Read, Role.Write, { map: 1, form: Form.MemoryOnly });
export const MOVNTI64 = integer("movnti", 8, 0xc3, Role.Read, Role.Write, { map: 1, form: Form.MemoryOnly });
