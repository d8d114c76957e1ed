/**
 * What one row of the instruction tables says: how the instruction is written, and what it does to its operands.
 *
 *   [lock f0] [66 | f2 | f3] [REX] [0f | 0f 38 | 0f 3a] opcode [suffix | ModRM [SIB] [disp]] [immediate]
 *
 * `reg` is the operand in ModRM.reg (or in the opcode's low bits), `rm` the one that may be memory. What an
 * instruction does to fixed registers (rdx of `div`, xmm0 of `pblendvb`) stands as a comment at its row.
 * Rows come from `tables/`; `encoding()` fills in what a row leaves out. Source: Intel SDM 2, instruction formats.
 * Tests: encoder.test.ts holds every row against an independent decoder.
 */

/** What an instruction does to an operand. */
export const enum Role {
  None = 0,
  Read = 1,
  Write = 2,
  ReadWrite = 3,
}

export const enum RegisterClass {
  None = 0,
  Integer = 1,
  Vector = 2,
  /** cr0 to cr8. */
  Control = 3,
  /** es cs ss ds fs gs. */
  Segment = 4,
}

/** What `rm` may be. */
export const enum Form {
  Either = 0,
  RegisterOnly = 1,
  MemoryOnly = 2,
}

export interface Encoding {
  readonly mnemonic: string;
  /** Written before everything: operand size or part of the opcode. */
  readonly prefix: 0 | 0x66 | 0xf2 | 0xf3;
  /** 0: one byte, 1: 0f, 2: 0f 38, 3: 0f 3a. */
  readonly map: 0 | 1 | 2 | 3;
  readonly opcode: number;
  /** The /digit in ModRM.reg, or -1. */
  readonly extension: number;
  /** A fixed byte after the opcode in the place of ModRM, or -1. */
  readonly suffix: number;
  /** REX.W. */
  readonly wide: boolean;
  /** Written with the lock prefix; memory form only. */
  readonly lock: boolean;
  /** The memory form with `rm` as destination may be locked: `locked()` makes that row. */
  readonly lockable: boolean;
  /** `reg` stands in the low bits of the opcode, and there is no ModRM. */
  readonly opcodeRegister: boolean;
  readonly reg: Role;
  readonly rm: Role;
  readonly regClass: RegisterClass;
  readonly rmClass: RegisterClass;
  readonly regBytes: number;
  /** Bytes that the memory form reads or writes. */
  readonly rmBytes: number;
  /** Width of the register form's operand: as `rmBytes` but for a few rows (pinsrb, pextrw, mov to a segment). */
  readonly rmRegisterBytes: number;
  readonly form: Form;
  readonly immediateBytes: 0 | 1 | 2 | 4 | 8;
  /** spl bpl sil dil (4 to 7) need a REX prefix here, or they would be ah ch dh bh. */
  readonly byteReg: boolean;
  readonly byteRm: boolean;
}

type Width = 1 | 2 | 4 | 8;

/** Fills in what a row leaves out. Rows have one shape, so that the encoder stays fast. */
export function encoding(row: Partial<Encoding> & Pick<Encoding, "mnemonic" | "opcode">): Encoding {
  const regClass = row.regClass ?? RegisterClass.None;
  const rmClass = row.rmClass ?? RegisterClass.None;
  const regBytes = row.regBytes ?? 0;
  const rmBytes = row.rmBytes ?? 0;
  const rmRegisterBytes = row.rmRegisterBytes ?? rmBytes;
  return {
    mnemonic: row.mnemonic,
    prefix: row.prefix ?? 0,
    map: row.map ?? 0,
    opcode: row.opcode,
    extension: row.extension ?? -1,
    suffix: row.suffix ?? -1,
    wide: row.wide ?? false,
    lock: row.lock ?? false,
    lockable: row.lockable ?? false,
    opcodeRegister: row.opcodeRegister ?? false,
    reg: row.reg ?? Role.None,
    rm: row.rm ?? Role.None,
    regClass,
    rmClass,
    regBytes,
    rmBytes,
    rmRegisterBytes,
    form: row.form ?? Form.Either,
    immediateBytes: row.immediateBytes ?? 0,
    byteReg: regClass === RegisterClass.Integer && regBytes === 1,
    byteRm: rmClass === RegisterClass.Integer && rmRegisterBytes === 1,
  };
}

/** An integer instruction of one width: opcodes come in pairs, the even one for bytes (SDM 2, B.1.4.2). */
function sized(width: Width, opcode: number): Pick<Encoding, "prefix" | "wide" | "opcode"> {
  return { prefix: width === 2 ? 0x66 : 0, wide: width === 8, opcode: width === 1 ? opcode & ~1 : opcode };
}

type Rest = Partial<Encoding>;

/** `reg` and `rm` are integers of `width` bytes. `opcode` is that of the wider forms: odd where bytes have their own. */
export function integer(
  mnemonic: string,
  width: Width,
  opcode: number,
  reg: Role,
  rm: Role,
  rest: Rest = {},
): Encoding {
  return encoding({
    mnemonic,
    ...sized(width, opcode),
    reg,
    rm,
    regClass: RegisterClass.Integer,
    rmClass: RegisterClass.Integer,
    regBytes: width,
    rmBytes: width,
    ...rest,
  });
}

/** An integer instruction whose only operand with ModRM is `rm`. */
export function extended(
  mnemonic: string,
  width: Width,
  opcode: number,
  extension: number,
  rm: Role,
  rest: Rest = {},
): Encoding {
  return integer(mnemonic, width, opcode, Role.None, rm, {
    extension,
    regClass: RegisterClass.None,
    regBytes: 0,
    ...rest,
  });
}

/** A vector instruction `reg <- rm`, map 0f unless said otherwise, 16 bytes unless said otherwise. */
export function vector(
  mnemonic: string,
  prefix: Encoding["prefix"],
  opcode: number,
  reg: Role,
  rest: Rest = {},
): Encoding {
  return encoding({
    mnemonic,
    prefix,
    map: 1,
    opcode,
    reg,
    rm: Role.Read,
    regClass: RegisterClass.Vector,
    rmClass: RegisterClass.Vector,
    regBytes: 16,
    rmBytes: 16,
    ...rest,
  });
}

/** The same instruction with the lock prefix, on memory only. */
export function locked(row: Encoding): Encoding {
  return { ...row, lock: true, form: Form.MemoryOnly };
}
