/** memory.grow on bare: the size in the header is all there is to it, pages come when they are touched. */
import { MemoryHeader } from "../../abi/object.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, MEMORY_BASE, R8, R9, RAX, RCX } from "../../x64/register.ts";
import { MOV32, SHL64 } from "../../x64/tables/index.ts";

const WASM_PAGE_SHIFT = 16;

/** rax: pages to add. rax: previous size, or 0xffffffff. */
export function emitMemoryGrow(a: Shorthand): void {
  const refused = a.label();
  a.load32(R8, MEMORY_BASE, MemoryHeader.Pages);
  a.load32(RCX, MEMORY_BASE, MemoryHeader.MaximumPages);
  a.move(R9, R8);
  a.add(R9, RAX);
  a.compare(R9, RCX);
  a.branch(Condition.Above, refused);
  a.store32(MEMORY_BASE, MemoryHeader.Pages, R9);
  a.ri(SHL64.imm8, R9, WASM_PAGE_SHIFT);
  a.store(MEMORY_BASE, MemoryHeader.Bytes, R9);
  a.rr(MOV32.regRm, RAX, R8);
  a.ret();
  a.bind(refused);
  a.ri(MOV32.regImm32, RAX, -1);
  a.ret();
}
