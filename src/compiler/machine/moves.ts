/** How each type is loaded, stored and copied. */
import { ValueType } from "../../abi/wasm.ts";
import type { Encoding } from "../../x64/encoding.ts";
import { MOV32, MOV64, MOVAPS, MOVSD, MOVSS, MOVUPS } from "../../x64/tables/index.ts";

export interface MoveEncodings {
  readonly load: Encoding;
  readonly store: Encoding;
  readonly copy: Encoding;
}

const INTEGER_32: MoveEncodings = { load: MOV32.regRm, store: MOV32.rmReg, copy: MOV32.regRm };
const INTEGER_64: MoveEncodings = { load: MOV64.regRm, store: MOV64.rmReg, copy: MOV64.regRm };
const FLOAT_32: MoveEncodings = { load: MOVSS.load, store: MOVSS.store, copy: MOVAPS.regRm };
const FLOAT_64: MoveEncodings = { load: MOVSD.load, store: MOVSD.store, copy: MOVAPS.regRm };
const VECTOR: MoveEncodings = { load: MOVUPS.regRm, store: MOVUPS.rmReg, copy: MOVAPS.regRm };

export function moveEncodings(type: ValueType): MoveEncodings {
  switch (type) {
    case ValueType.I32:
      return INTEGER_32;
    case ValueType.F32:
      return FLOAT_32;
    case ValueType.F64:
      return FLOAT_64;
    case ValueType.V128:
      return VECTOR;
    default:
      return INTEGER_64;
  }
}

/** By the properties of a virtual register. */
export function moveEncodingsOf(isVector: boolean, bytes: number): MoveEncodings {
  if (!isVector) return bytes === 4 ? INTEGER_32 : INTEGER_64;
  if (bytes === 4) return FLOAT_32;
  return bytes === 8 ? FLOAT_64 : VECTOR;
}
