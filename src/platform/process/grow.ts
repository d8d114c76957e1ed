/**
 * memory.grow and table.grow (`abi/object.ts`, `Routine`). Both are called by compiled code, with rbx as it pinned it.
 *
 * A memory's pages are reserved and become readable and writable here; a table's whole storage is writable from the
 * start, for the system gives a page only when one is touched.
 */
import { MemoryHeader, TableDescriptor } from "../../abi/object.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, MEMORY_BASE, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { ADD64, LEA64, MOV32, REP_STOSQ, SHL64 } from "../../x64/tables/index.ts";
import { emitErrorCheck, emitSystemCall, Protection, SystemCall } from "./system-call.ts";

const PAGE_SHIFT = 16;
const REFUSED = -1;

/** rax: pages to add. */
export function emitMemoryGrow(a: Shorthand): void {
  const refused = a.label();
  const done = a.label();
  a.rr(MOV32.regRm, RSI, RAX);
  a.load32(R8, MEMORY_BASE, MemoryHeader.Pages);
  a.rm(LEA64, R9, R8, RSI, 1, 0); // both are below 2^32: no carry is lost
  a.load32(RAX, MEMORY_BASE, MemoryHeader.MaximumPages);
  a.compare(R9, RAX);
  a.branch(Condition.Above, refused);
  a.test(RSI);
  a.branch(Condition.Equal, done);

  a.move(RDI, R8);
  a.ri(SHL64.imm8, RDI, PAGE_SHIFT);
  a.add(RDI, MEMORY_BASE);
  a.ri(SHL64.imm8, RSI, PAGE_SHIFT);
  a.set(RDX, Protection.ReadWrite);
  emitSystemCall(a, SystemCall.Mprotect);
  emitErrorCheck(a, refused);
  a.store32(MEMORY_BASE, MemoryHeader.Pages, R9);
  a.ri(SHL64.imm8, R9, PAGE_SHIFT);
  a.store(MEMORY_BASE, MemoryHeader.Bytes, R9);
  a.bind(done);
  a.rr(MOV32.regRm, RAX, R8);
  a.ret();
  a.bind(refused);
  a.ri(MOV32.regImm32, RAX, REFUSED);
  a.ret();
}

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
