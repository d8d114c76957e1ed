/** Instructions that move lanes: shuffles, packs, extensions, inserts, extracts, masks and blends. */
import { Form, RegisterClass, Role, vector, type Encoding } from "../encoding.ts";

const binary = (mnemonic: string, opcode: number, map: 1 | 2 = 1) =>
  vector(mnemonic, 0x66, opcode, Role.ReadWrite, { map });
const immediate = (
  mnemonic: string,
  prefix: Encoding["prefix"],
  map: 1 | 3,
  opcode: number,
  reg: Role,
  rmBytes = 16,
) => vector(mnemonic, prefix, opcode, reg, { map, immediateBytes: 1, rmBytes });

/** Bytes of `reg` by the indices in `rm`; 0 where an index has its top bit. */
export const PSHUFB = binary("pshufb", 0x00, 2);
export const PSHUFD = immediate("pshufd", 0x66, 1, 0x70, Role.Write);
export const PSHUFHW = immediate("pshufhw", 0xf3, 1, 0x70, Role.Write);
export const PSHUFLW = immediate("pshuflw", 0xf2, 1, 0x70, Role.Write);
export const SHUFPS = immediate("shufps", 0, 1, 0xc6, Role.ReadWrite);
export const SHUFPD = immediate("shufpd", 0x66, 1, 0xc6, Role.ReadWrite);
/** 16 of the 32 bytes `reg`:`rm` (high:low), from the immediate on. */
export const PALIGNR = immediate("palignr", 0x66, 3, 0x0f, Role.ReadWrite);

export const PUNPCKLBW = binary("punpcklbw", 0x60);
export const PUNPCKLWD = binary("punpcklwd", 0x61);
export const PUNPCKLDQ = binary("punpckldq", 0x62);
export const PUNPCKLQDQ = binary("punpcklqdq", 0x6c);
export const PUNPCKHBW = binary("punpckhbw", 0x68);
export const PUNPCKHWD = binary("punpckhwd", 0x69);
export const PUNPCKHDQ = binary("punpckhdq", 0x6a);
export const PUNPCKHQDQ = binary("punpckhqdq", 0x6d);
export const UNPCKLPS = vector("unpcklps", 0, 0x14, Role.ReadWrite);
export const UNPCKHPS = vector("unpckhps", 0, 0x15, Role.ReadWrite);
export const UNPCKLPD = binary("unpcklpd", 0x14);
export const UNPCKHPD = binary("unpckhpd", 0x15);

/** Signed lanes of `reg` and `rm`, saturated to half their width: signed (s), unsigned (us). */
export const PACKSSWB = binary("packsswb", 0x63);
export const PACKSSDW = binary("packssdw", 0x6b);
export const PACKUSWB = binary("packuswb", 0x67);
export const PACKUSDW = binary("packusdw", 0x2b, 2);

const extend = (mnemonic: string, opcode: number, rmBytes: number) =>
  vector(mnemonic, 0x66, opcode, Role.Write, { map: 2, rmBytes });
export const PMOVSXBW = extend("pmovsxbw", 0x20, 8);
export const PMOVSXBD = extend("pmovsxbd", 0x21, 4);
export const PMOVSXBQ = extend("pmovsxbq", 0x22, 2);
export const PMOVSXWD = extend("pmovsxwd", 0x23, 8);
export const PMOVSXWQ = extend("pmovsxwq", 0x24, 4);
export const PMOVSXDQ = extend("pmovsxdq", 0x25, 8);
export const PMOVZXBW = extend("pmovzxbw", 0x30, 8);
export const PMOVZXBD = extend("pmovzxbd", 0x31, 4);
export const PMOVZXBQ = extend("pmovzxbq", 0x32, 2);
export const PMOVZXWD = extend("pmovzxwd", 0x33, 8);
export const PMOVZXWQ = extend("pmovzxwq", 0x34, 4);
export const PMOVZXDQ = extend("pmovzxdq", 0x35, 8);

/** One lane from an integer register or memory; the immediate is the lane. */
const insert = (mnemonic: string, map: 1 | 3, opcode: number, bytes: 1 | 2 | 4 | 8) =>
  vector(mnemonic, 0x66, opcode, Role.ReadWrite, {
    map,
    wide: bytes === 8,
    rmClass: RegisterClass.Integer,
    rmBytes: bytes,
    rmRegisterBytes: bytes === 8 ? 8 : 4,
    immediateBytes: 1,
  });
export const PINSRB = insert("pinsrb", 3, 0x20, 1);
export const PINSRW = insert("pinsrw", 1, 0xc4, 2);
export const PINSRD = insert("pinsrd", 3, 0x22, 4);
export const PINSRQ = insert("pinsrq", 3, 0x22, 8);

/** One lane, zero-extended to the integer register in `rm`, or to memory. */
const extract = (mnemonic: string, opcode: number, bytes: 1 | 2 | 4 | 8) =>
  vector(mnemonic, 0x66, opcode, Role.Read, {
    map: 3,
    wide: bytes === 8,
    rm: Role.Write,
    rmClass: RegisterClass.Integer,
    rmBytes: bytes,
    rmRegisterBytes: bytes === 8 ? 8 : 4,
    immediateBytes: 1,
  });
export const PEXTRB = extract("pextrb", 0x14, 1);
export const PEXTRW = extract("pextrw", 0x15, 2);
export const PEXTRD = extract("pextrd", 0x16, 4);
export const PEXTRQ = extract("pextrq", 0x16, 8);
export const EXTRACTPS = extract("extractps", 0x17, 4);

/** The immediate: 7-6 source lane (0 from memory), 5-4 target lane, 3-0 lanes to clear. */
export const INSERTPS = {
  regReg: vector("insertps", 0x66, 0x21, Role.ReadWrite, {
    map: 3,
    form: Form.RegisterOnly,
    immediateBytes: 1,
  }),
  regMemory: vector("insertps", 0x66, 0x21, Role.ReadWrite, {
    map: 3,
    rmBytes: 4,
    form: Form.MemoryOnly,
    immediateBytes: 1,
  }),
};

/** The lanes' top bits, in an integer register. */
const mask = (mnemonic: string, prefix: Encoding["prefix"], opcode: number) =>
  vector(mnemonic, prefix, opcode, Role.Write, {
    regClass: RegisterClass.Integer,
    regBytes: 4,
    form: Form.RegisterOnly,
  });
export const PMOVMSKB = mask("pmovmskb", 0x66, 0xd7);
export const MOVMSKPS = mask("movmskps", 0, 0x50);
export const MOVMSKPD = mask("movmskpd", 0x66, 0x50);

/** Lanes of `rm` where the immediate has ones; in the `v` forms, where lanes of xmm0 have their top bit. */
export const PBLENDW = immediate("pblendw", 0x66, 3, 0x0e, Role.ReadWrite);
export const BLENDPS = immediate("blendps", 0x66, 3, 0x0c, Role.ReadWrite);
export const BLENDPD = immediate("blendpd", 0x66, 3, 0x0d, Role.ReadWrite);
export const PBLENDVB = binary("pblendvb", 0x10, 2);
export const BLENDVPS = binary("blendvps", 0x14, 2);
export const BLENDVPD = binary("blendvpd", 0x15, 2);
