/** Vectors of floats: arithmetic, comparison, rounding and conversion of f32x4 (`ps`) and f64x2 (`pd`). */
import { Role, vector, type Encoding } from "../encoding.ts";

const binary = (mnemonic: string, prefix: Encoding["prefix"], opcode: number) =>
  vector(mnemonic, prefix, opcode, Role.ReadWrite);
const unary = (mnemonic: string, prefix: Encoding["prefix"], opcode: number, rmBytes = 16) =>
  vector(mnemonic, prefix, opcode, Role.Write, { rmBytes });

export const ADDPS = binary("addps", 0, 0x58);
export const ADDPD = binary("addpd", 0x66, 0x58);
export const SUBPS = binary("subps", 0, 0x5c);
export const SUBPD = binary("subpd", 0x66, 0x5c);
export const MULPS = binary("mulps", 0, 0x59);
export const MULPD = binary("mulpd", 0x66, 0x59);
export const DIVPS = binary("divps", 0, 0x5e);
export const DIVPD = binary("divpd", 0x66, 0x5e);
/** If either is NaN, or both are zeros: `rm`. */
export const MINPS = binary("minps", 0, 0x5d);
export const MINPD = binary("minpd", 0x66, 0x5d);
export const MAXPS = binary("maxps", 0, 0x5f);
export const MAXPD = binary("maxpd", 0x66, 0x5f);
export const SQRTPS = unary("sqrtps", 0, 0x51);
export const SQRTPD = unary("sqrtpd", 0x66, 0x51);
export const HADDPS = binary("haddps", 0xf2, 0x7c);
export const HADDPD = binary("haddpd", 0x66, 0x7c);

/** The immediate: eq lt le unord neq nlt nle ord. */
export const CMPPS = vector("cmpps", 0, 0xc2, Role.ReadWrite, { immediateBytes: 1 });
export const CMPPD = vector("cmppd", 0x66, 0xc2, Role.ReadWrite, { immediateBytes: 1 });
/** The immediate is as `ROUNDSS`'s. */
export const ROUNDPS = vector("roundps", 0x66, 0x08, Role.Write, { map: 3, immediateBytes: 1 });
export const ROUNDPD = vector("roundpd", 0x66, 0x09, Role.Write, { map: 3, immediateBytes: 1 });

export const CVTDQ2PS = unary("cvtdq2ps", 0, 0x5b);
export const CVTTPS2DQ = unary("cvttps2dq", 0xf3, 0x5b);
/** From or to the low two lanes of 32 bits; what writes them clears the upper half. */
export const CVTDQ2PD = unary("cvtdq2pd", 0xf3, 0xe6, 8);
export const CVTTPD2DQ = unary("cvttpd2dq", 0x66, 0xe6);
export const CVTPS2PD = unary("cvtps2pd", 0, 0x5a, 8);
export const CVTPD2PS = unary("cvtpd2ps", 0x66, 0x5a);
