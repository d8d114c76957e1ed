/** Moves of whole and half vectors, and logic on them. */
import { Form, Role, vector, type Encoding } from "../encoding.ts";

function moves(mnemonic: string, prefix: Encoding["prefix"], load: number, store: number) {
  return {
    regRm: vector(mnemonic, prefix, load, Role.Write),
    rmReg: vector(mnemonic, prefix, store, Role.Read, { rm: Role.Write }),
  };
}
/** `movaps` is the shortest copy between registers, of whatever they hold. `a` forms fault off multiples of 16. */
export const MOVAPS = moves("movaps", 0, 0x28, 0x29);
export const MOVAPD = moves("movapd", 0x66, 0x28, 0x29);
export const MOVUPS = moves("movups", 0, 0x10, 0x11);
export const MOVUPD = moves("movupd", 0x66, 0x10, 0x11);
export const MOVDQA = moves("movdqa", 0x66, 0x6f, 0x7f);
export const MOVDQU = moves("movdqu", 0xf3, 0x6f, 0x7f);

/** One half to or from memory; the other half stays. */
function halves(mnemonic: string, prefix: Encoding["prefix"], opcode: number) {
  return {
    load: vector(mnemonic, prefix, opcode, Role.ReadWrite, { rmBytes: 8, form: Form.MemoryOnly }),
    store: vector(mnemonic, prefix, opcode + 1, Role.Read, {
      rm: Role.Write,
      rmBytes: 8,
      form: Form.MemoryOnly,
    }),
  };
}
export const MOVLPS = halves("movlps", 0, 0x12);
export const MOVLPD = halves("movlpd", 0x66, 0x12);
export const MOVHPS = halves("movhps", 0, 0x16);
export const MOVHPD = halves("movhpd", 0x66, 0x16);
/** Low half from the high half of `rm`, and the reverse. */
export const MOVHLPS = vector("movhlps", 0, 0x12, Role.ReadWrite, { form: Form.RegisterOnly });
export const MOVLHPS = vector("movlhps", 0, 0x16, Role.ReadWrite, { form: Form.RegisterOnly });
export const MOVDDUP = vector("movddup", 0xf2, 0x12, Role.Write, { rmBytes: 8 });
export const MOVSLDUP = vector("movsldup", 0xf3, 0x12, Role.Write);
export const MOVSHDUP = vector("movshdup", 0xf3, 0x16, Role.Write);

/** Of 128 bits, as f32, f64 and integers: the same bits, but crossing kinds costs a cycle on some processors. */
export const ANDPS = vector("andps", 0, 0x54, Role.ReadWrite);
export const ANDPD = vector("andpd", 0x66, 0x54, Role.ReadWrite);
/** Not `reg`, and `rm`. */
export const ANDNPS = vector("andnps", 0, 0x55, Role.ReadWrite);
export const ANDNPD = vector("andnpd", 0x66, 0x55, Role.ReadWrite);
export const ORPS = vector("orps", 0, 0x56, Role.ReadWrite);
export const ORPD = vector("orpd", 0x66, 0x56, Role.ReadWrite);
export const XORPS = vector("xorps", 0, 0x57, Role.ReadWrite);
export const XORPD = vector("xorpd", 0x66, 0x57, Role.ReadWrite);
export const PAND = vector("pand", 0x66, 0xdb, Role.ReadWrite);
export const PANDN = vector("pandn", 0x66, 0xdf, Role.ReadWrite);
export const POR = vector("por", 0x66, 0xeb, Role.ReadWrite);
export const PXOR = vector("pxor", 0x66, 0xef, Role.ReadWrite);
