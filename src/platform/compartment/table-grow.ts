/**
 * table.grow (`abi/object.ts`, `Routine`), the same on every platform: called by compiled code.
 *
 * A table's whole storage is writable from the start, for a page is given only when it is touched.
 */
import { TableDescriptor } from "../../abi/object.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { ADD64, LEA64, MOV32, REP_STOSQ, SHL64 } from "../../x64/tables/index.ts";

const REFUSED = -1;

/** rax: address of the descriptor, rdx: reference, rcx: elements to add. */
export function emitTableGrow(a: Shorthand): void {
  const refused = a.label();
  a.rr(MOV32.regRm, RCX, RCX);
  a.load32(R8, RAX, TableDescriptor.Length);
  a.rm(LEA64, R9, R8, RCX, 1, 0);
  a.load32(RSI, RAX, TableDescriptor.Maximum);
  a.compare(R9, RSI);
  a.branch(Condition.Above, refused);
  a.store32(RAX, TableDescriptor.Length, R9);
  a.move(RDI, R8);
  a.ri(SHL64.imm8, RDI, 3);
  a.rm(ADD64.regRm, RDI, RAX, ABSENT, 1, TableDescriptor.Elements);
  a.move(RAX, RDX);
  a.none(REP_STOSQ);
  a.rr(MOV32.regRm, RAX, R8);
  a.ret();
  a.bind(refused);
  a.ri(MOV32.regImm32, RAX, REFUSED);
  a.ret();
}
