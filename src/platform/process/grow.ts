/**
 * memory.grow in a process (`abi/object.ts`, `Routine`): called by compiled code, with rbx as it pinned it.
 *
 * A memory's pages are reserved and become readable and writable here.
 */
import { MemoryHeader } from "../../abi/object.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, MEMORY_BASE, R8, R9, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import { LEA64, MOV32, SHL64 } from "../../x64/tables/index.ts";
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
