/** Integer arithmetic and logic: add or adc sbb and sub xor cmp, test, neg, not, inc, dec, lea. */
import { encoding, extended, Form, integer, RegisterClass, Role } from "../encoding.ts";

const Read = Role.Read;
const Write = Role.Write;
const ReadWrite = Role.ReadWrite;

/** The eight operations differ in three bits of their opcodes, and `cmp` in not writing. */
function lockable(mnemonic: string): boolean {
  return mnemonic !== "cmp";
}

function arithmetic8(mnemonic: string, digit: number) {
  const target = mnemonic === "cmp" ? Read : ReadWrite;
  const lock = { lockable: lockable(mnemonic) };
  return {
    regRm: integer(mnemonic, 1, digit * 8 + 3, target, Read),
    rmReg: integer(mnemonic, 1, digit * 8 + 1, Read, target, lock),
    rmImm8: extended(mnemonic, 1, 0x81, digit, target, { immediateBytes: 1, ...lock }),
  };
}

function arithmetic16(mnemonic: string, digit: number) {
  const target = mnemonic === "cmp" ? Read : ReadWrite;
  const lock = { lockable: lockable(mnemonic) };
  return {
    regRm: integer(mnemonic, 2, digit * 8 + 3, target, Read),
    rmReg: integer(mnemonic, 2, digit * 8 + 1, Read, target, lock),
    rmImm8: extended(mnemonic, 2, 0x83, digit, target, { immediateBytes: 1, ...lock }),
    rmImm16: extended(mnemonic, 2, 0x81, digit, target, { immediateBytes: 2, ...lock }),
  };
}

function arithmetic(mnemonic: string, digit: number, width: 4 | 8) {
  const target = mnemonic === "cmp" ? Read : ReadWrite;
  const lock = { lockable: lockable(mnemonic) };
  return {
    regRm: integer(mnemonic, width, digit * 8 + 3, target, Read),
    rmReg: integer(mnemonic, width, digit * 8 + 1, Read, target, lock),
    /** Immediates are sign-extended to the width. */
    rmImm8: extended(mnemonic, width, 0x83, digit, target, { immediateBytes: 1, ...lock }),
    rmImm32: extended(mnemonic, width, 0x81, digit, target, { immediateBytes: 4, ...lock }),
  };
}

export type Arithmetic = ReturnType<typeof arithmetic>;

export const ADD8 = arithmetic8("add", 0);
export const ADD16 = arithmetic16("add", 0);
export const ADD32 = arithmetic("add", 0, 4);
export const ADD64 = arithmetic("add", 0, 8);
export const OR8 = arithmetic8("or", 1);
export const OR16 = arithmetic16("or", 1);
export const OR32 = arithmetic("or", 1, 4);
export const OR64 = arithmetic("or", 1, 8);
export const ADC32 = arithmetic("adc", 2, 4);
export const ADC64 = arithmetic("adc", 2, 8);
export const SBB32 = arithmetic("sbb", 3, 4);
export const SBB64 = arithmetic("sbb", 3, 8);
export const AND8 = arithmetic8("and", 4);
export const AND16 = arithmetic16("and", 4);
export const AND32 = arithmetic("and", 4, 4);
export const AND64 = arithmetic("and", 4, 8);
export const SUB8 = arithmetic8("sub", 5);
export const SUB16 = arithmetic16("sub", 5);
export const SUB32 = arithmetic("sub", 5, 4);
export const SUB64 = arithmetic("sub", 5, 8);
export const XOR8 = arithmetic8("xor", 6);
export const XOR16 = arithmetic16("xor", 6);
export const XOR32 = arithmetic("xor", 6, 4);
export const XOR64 = arithmetic("xor", 6, 8);
export const CMP8 = arithmetic8("cmp", 7);
export const CMP16 = arithmetic16("cmp", 7);
export const CMP32 = arithmetic("cmp", 7, 4);
export const CMP64 = arithmetic("cmp", 7, 8);

/** `test` has no form that reads `rm` second: it is symmetric. */
export const TEST8 = {
  rmReg: integer("test", 1, 0x85, Read, Read),
  rmImm8: extended("test", 1, 0xf7, 0, Read, { immediateBytes: 1 }),
};
export const TEST16 = {
  rmReg: integer("test", 2, 0x85, Read, Read),
  rmImm16: extended("test", 2, 0xf7, 0, Read, { immediateBytes: 2 }),
};
export const TEST32 = {
  rmReg: integer("test", 4, 0x85, Read, Read),
  rmImm32: extended("test", 4, 0xf7, 0, Read, { immediateBytes: 4 }),
};
export const TEST64 = {
  rmReg: integer("test", 8, 0x85, Read, Read),
  rmImm32: extended("test", 8, 0xf7, 0, Read, { immediateBytes: 4 }),
};

export const NEG8 = extended("neg", 1, 0xf7, 3, ReadWrite, { lockable: true });
export const NEG16 = extended("neg", 2, 0xf7, 3, ReadWrite, { lockable: true });
export const NEG32 = extended("neg", 4, 0xf7, 3, ReadWrite, { lockable: true });
export const NEG64 = extended("neg", 8, 0xf7, 3, ReadWrite, { lockable: true });
export const NOT8 = extended("not", 1, 0xf7, 2, ReadWrite, { lockable: true });
export const NOT16 = extended("not", 2, 0xf7, 2, ReadWrite, { lockable: true });
export const NOT32 = extended("not", 4, 0xf7, 2, ReadWrite, { lockable: true });
export const NOT64 = extended("not", 8, 0xf7, 2, ReadWrite, { lockable: true });
export const INC32 = extended("inc", 4, 0xff, 0, ReadWrite, { lockable: true });
export const INC64 = extended("inc", 8, 0xff, 0, ReadWrite, { lockable: true });
export const DEC32 = extended("dec", 4, 0xff, 1, ReadWrite, { lockable: true });
export const DEC64 = extended("dec", 8, 0xff, 1, ReadWrite, { lockable: true });

/** The address, not what is there: nothing is read, nothing traps, no flag changes. */
const lea = (wide: boolean) =>
  encoding({
    mnemonic: "lea",
    opcode: 0x8d,
    wide,
    reg: Write,
    regClass: RegisterClass.Integer,
    regBytes: wide ? 8 : 4,
    form: Form.MemoryOnly,
  });
export const LEA32 = lea(false);
export const LEA64 = lea(true);
