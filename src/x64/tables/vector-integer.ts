/** Vectors of integers, SSE2 to SSE4.2. The letters: b 8, w 16, d 32, q 64 bits a lane; us: unsigned, saturating. */
import { Form, RegisterClass, Role, vector, type Encoding } from "../encoding.ts";

/** `reg` = `reg` op `rm`. */
const binary = (mnemonic: string, opcode: number, map: 1 | 2 = 1) =>
  vector(mnemonic, 0x66, opcode, Role.ReadWrite, { map });
/** `reg` = op `rm`. */
const unary = (mnemonic: string, opcode: number, map: 1 | 2 = 1) =>
  vector(mnemonic, 0x66, opcode, Role.Write, { map });

export const PADDB = binary("paddb", 0xfc);
export const PADDW = binary("paddw", 0xfd);
export const PADDD = binary("paddd", 0xfe);
export const PADDQ = binary("paddq", 0xd4);
export const PADDSB = binary("paddsb", 0xec);
export const PADDSW = binary("paddsw", 0xed);
export const PADDUSB = binary("paddusb", 0xdc);
export const PADDUSW = binary("paddusw", 0xdd);
export const PSUBB = binary("psubb", 0xf8);
export const PSUBW = binary("psubw", 0xf9);
export const PSUBD = binary("psubd", 0xfa);
export const PSUBQ = binary("psubq", 0xfb);
export const PSUBSB = binary("psubsb", 0xe8);
export const PSUBSW = binary("psubsw", 0xe9);
export const PSUBUSB = binary("psubusb", 0xd8);
export const PSUBUSW = binary("psubusw", 0xd9);
export const PHADDW = binary("phaddw", 0x01, 2);
export const PHADDD = binary("phaddd", 0x02, 2);

/** Low halves of the products. */
export const PMULLW = binary("pmullw", 0xd5);
export const PMULLD = binary("pmulld", 0x40, 2);
/** High halves. */
export const PMULHW = binary("pmulhw", 0xe5);
export const PMULHUW = binary("pmulhuw", 0xe4);
/** (a * b + 0x4000) >> 15. */
export const PMULHRSW = binary("pmulhrsw", 0x0b, 2);
/** 64-bit products of the even 32-bit lanes. */
export const PMULUDQ = binary("pmuludq", 0xf4);
export const PMULDQ = binary("pmuldq", 0x28, 2);
/** Sums of neighbours' products. `pmaddubsw`: `reg` unsigned, `rm` signed, saturating. */
export const PMADDWD = binary("pmaddwd", 0xf5);
export const PMADDUBSW = binary("pmaddubsw", 0x04, 2);
/** Rounded up. */
export const PAVGB = binary("pavgb", 0xe0);
export const PAVGW = binary("pavgw", 0xe3);
export const PSADBW = binary("psadbw", 0xf6);

export const PMINSB = binary("pminsb", 0x38, 2);
export const PMINSW = binary("pminsw", 0xea);
export const PMINSD = binary("pminsd", 0x39, 2);
export const PMINUB = binary("pminub", 0xda);
export const PMINUW = binary("pminuw", 0x3a, 2);
export const PMINUD = binary("pminud", 0x3b, 2);
export const PMAXSB = binary("pmaxsb", 0x3c, 2);
export const PMAXSW = binary("pmaxsw", 0xee);
export const PMAXSD = binary("pmaxsd", 0x3d, 2);
export const PMAXUB = binary("pmaxub", 0xde);
export const PMAXUW = binary("pmaxuw", 0x3e, 2);
export const PMAXUD = binary("pmaxud", 0x3f, 2);
export const PABSB = unary("pabsb", 0x1c, 2);
export const PABSW = unary("pabsw", 0x1d, 2);
export const PABSD = unary("pabsd", 0x1e, 2);
/** `reg`, negated where `rm` is negative, 0 where it is 0. */
export const PSIGNB = binary("psignb", 0x08, 2);
export const PSIGNW = binary("psignw", 0x09, 2);
export const PSIGND = binary("psignd", 0x0a, 2);

/** All ones where it holds. Greater is signed. */
export const PCMPEQB = binary("pcmpeqb", 0x74);
export const PCMPEQW = binary("pcmpeqw", 0x75);
export const PCMPEQD = binary("pcmpeqd", 0x76);
export const PCMPEQQ = binary("pcmpeqq", 0x29, 2);
export const PCMPGTB = binary("pcmpgtb", 0x64);
export const PCMPGTW = binary("pcmpgtw", 0x65);
export const PCMPGTD = binary("pcmpgtd", 0x66);
export const PCMPGTQ = binary("pcmpgtq", 0x37, 2);

/** ZF: `reg` and `rm` is 0; CF: not `reg` and `rm` is 0. */
export const PTEST = vector("ptest", 0x66, 0x17, Role.Read, { map: 2 });

function shift(mnemonic: string, opcode: number, immediateOpcode: number, extension: number) {
  return {
    /** By the low 64 bits of `rm`; counts of the lane's width and more give 0, or the sign. */
    regRm: binary(mnemonic, opcode),
    imm8: shiftImmediate(mnemonic, immediateOpcode, extension),
  };
}
function shiftImmediate(mnemonic: string, opcode: number, extension: number): Encoding {
  return vector(mnemonic, 0x66, opcode, Role.None, {
    extension,
    regClass: RegisterClass.None,
    regBytes: 0,
    rm: Role.ReadWrite,
    form: Form.RegisterOnly,
    immediateBytes: 1,
  });
}
export const PSLLW = shift("psllw", 0xf1, 0x71, 6);
export const PSLLD = shift("pslld", 0xf2, 0x72, 6);
export const PSLLQ = shift("psllq", 0xf3, 0x73, 6);
export const PSRLW = shift("psrlw", 0xd1, 0x71, 2);
export const PSRLD = shift("psrld", 0xd2, 0x72, 2);
export const PSRLQ = shift("psrlq", 0xd3, 0x73, 2);
export const PSRAW = shift("psraw", 0xe1, 0x71, 4);
export const PSRAD = shift("psrad", 0xe2, 0x72, 4);
/** Of the whole vector, by bytes. */
export const PSLLDQ = shiftImmediate("pslldq", 0x73, 7);
export const PSRLDQ = shiftImmediate("psrldq", 0x73, 3);
