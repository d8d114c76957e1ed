/**
 * Scalar floats: arithmetic, comparison, rounding, moves and conversions of f32 (`ss`) and f64 (`sd`).
 *
 * A scalar's register holds nothing of value above the scalar, so instructions that merge into what the target held
 * before count as writing it only. (They still wait for it: where that matters, clear the target first.)
 */
import { Form, RegisterClass, Role, vector } from "../encoding.ts";

const single = (mnemonic: string, opcode: number, reg: Role) =>
  vector(mnemonic, 0xf3, opcode, reg, { regBytes: 4, rmBytes: 4 });
const double = (mnemonic: string, opcode: number, reg: Role) =>
  vector(mnemonic, 0xf2, opcode, reg, { regBytes: 8, rmBytes: 8 });

export const ADDSS = single("addss", 0x58, Role.ReadWrite);
export const ADDSD = double("addsd", 0x58, Role.ReadWrite);
export const SUBSS = single("subss", 0x5c, Role.ReadWrite);
export const SUBSD = double("subsd", 0x5c, Role.ReadWrite);
export const MULSS = single("mulss", 0x59, Role.ReadWrite);
export const MULSD = double("mulsd", 0x59, Role.ReadWrite);
export const DIVSS = single("divss", 0x5e, Role.ReadWrite);
export const DIVSD = double("divsd", 0x5e, Role.ReadWrite);
/** If either is NaN, or both are zeros: `rm`. */
export const MINSS = single("minss", 0x5d, Role.ReadWrite);
export const MINSD = double("minsd", 0x5d, Role.ReadWrite);
export const MAXSS = single("maxss", 0x5f, Role.ReadWrite);
export const MAXSD = double("maxsd", 0x5f, Role.ReadWrite);
export const SQRTSS = single("sqrtss", 0x51, Role.Write);
export const SQRTSD = double("sqrtsd", 0x51, Role.Write);

/** Sets ZF PF CF: 111 unordered, 000 above, 001 below, 100 equal. */
export const UCOMISS = vector("ucomiss", 0, 0x2e, Role.Read, { regBytes: 4, rmBytes: 4 });
export const UCOMISD = vector("ucomisd", 0x66, 0x2e, Role.Read, { regBytes: 8, rmBytes: 8 });
/** All ones or all zeros; the immediate is the predicate: eq lt le unord neq nlt nle ord. */
export const CMPSS = vector("cmpss", 0xf3, 0xc2, Role.ReadWrite, {
  regBytes: 4,
  rmBytes: 4,
  immediateBytes: 1,
});
export const CMPSD = vector("cmpsd", 0xf2, 0xc2, Role.ReadWrite, {
  regBytes: 8,
  rmBytes: 8,
  immediateBytes: 1,
});

/** The immediate: 0 nearest, 1 floor, 2 ceil, 3 truncate; 8 added: do not signal inexact. */
const round = (mnemonic: string, opcode: number, bytes: number) =>
  vector(mnemonic, 0x66, opcode, Role.Write, { map: 3, regBytes: bytes, rmBytes: bytes, immediateBytes: 1 });
export const ROUNDSS = round("roundss", 0x0a, 4);
export const ROUNDSD = round("roundsd", 0x0b, 8);

/** `load` clears the rest of the register, `merge` keeps it. Copies between registers are `MOVAPS.regRm`. */
export const MOVSS = {
  load: vector("movss", 0xf3, 0x10, Role.Write, { rmBytes: 4, form: Form.MemoryOnly }),
  merge: vector("movss", 0xf3, 0x10, Role.ReadWrite, { rmBytes: 4, form: Form.RegisterOnly }),
  store: vector("movss", 0xf3, 0x11, Role.Read, { rm: Role.Write, rmBytes: 4, form: Form.MemoryOnly }),
};
export const MOVSD = {
  load: vector("movsd", 0xf2, 0x10, Role.Write, { rmBytes: 8, form: Form.MemoryOnly }),
  merge: vector("movsd", 0xf2, 0x10, Role.ReadWrite, { rmBytes: 8, form: Form.RegisterOnly }),
  store: vector("movsd", 0xf2, 0x11, Role.Read, { rm: Role.Write, rmBytes: 8, form: Form.MemoryOnly }),
};

/** Between an integer register (or memory) in `rm` and a vector register in `reg`. */
const between = (mnemonic: string, opcode: number, reg: Role, rm: Role, bytes: 4 | 8) =>
  vector(mnemonic, 0x66, opcode, reg, {
    rm,
    wide: bytes === 8,
    rmClass: RegisterClass.Integer,
    rmBytes: bytes,
  });
/** `regRm` clears the rest of the vector register. */
export const MOVD = {
  regRm: between("movd", 0x6e, Role.Write, Role.Read, 4),
  rmReg: between("movd", 0x7e, Role.Read, Role.Write, 4),
};
export const MOVQ = {
  regRm: between("movq", 0x6e, Role.Write, Role.Read, 8),
  rmReg: between("movq", 0x7e, Role.Read, Role.Write, 8),
  /** Both in vector registers, or memory; the upper half of the target becomes 0. */
  vectorRegRm: vector("movq", 0xf3, 0x7e, Role.Write, { rmBytes: 8 }),
  vectorRmReg: vector("movq", 0x66, 0xd6, Role.Read, { rm: Role.Write, rmBytes: 8 }),
};

const fromInteger = (mnemonic: string, prefix: 0xf2 | 0xf3, bytes: 4 | 8) =>
  vector(mnemonic, prefix, 0x2a, Role.Write, {
    wide: bytes === 8,
    rmClass: RegisterClass.Integer,
    regBytes: prefix === 0xf3 ? 4 : 8,
    rmBytes: bytes,
  });
/** The number is the integer's width. */
export const CVTSI2SS32 = fromInteger("cvtsi2ss", 0xf3, 4);
export const CVTSI2SS64 = fromInteger("cvtsi2ss", 0xf3, 8);
export const CVTSI2SD32 = fromInteger("cvtsi2sd", 0xf2, 4);
export const CVTSI2SD64 = fromInteger("cvtsi2sd", 0xf2, 8);

const toInteger = (mnemonic: string, prefix: 0xf2 | 0xf3, opcode: number, bytes: 4 | 8) =>
  vector(mnemonic, prefix, opcode, Role.Write, {
    wide: bytes === 8,
    regClass: RegisterClass.Integer,
    regBytes: bytes,
    rmBytes: prefix === 0xf3 ? 4 : 8,
  });
/** Truncating. What does not fit, and NaN, give the smallest integer. */
export const CVTTSS2SI32 = toInteger("cvttss2si", 0xf3, 0x2c, 4);
export const CVTTSS2SI64 = toInteger("cvttss2si", 0xf3, 0x2c, 8);
export const CVTTSD2SI32 = toInteger("cvttsd2si", 0xf2, 0x2c, 4);
export const CVTTSD2SI64 = toInteger("cvttsd2si", 0xf2, 0x2c, 8);

export const CVTSS2SD = vector("cvtss2sd", 0xf3, 0x5a, Role.Write, { regBytes: 8, rmBytes: 4 });
export const CVTSD2SS = vector("cvtsd2ss", 0xf2, 0x5a, Role.Write, { regBytes: 4, rmBytes: 8 });
