/** `KeelCall.TellEntries`: what of a window is mapped, and how, for ring 3 to know which pages a compartment has written. */
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R10, R12, R13, RAX, RBX, RDI } from "../x64/register.ts";
import { MOV8, TEST32 } from "../x64/tables/index.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { LARGE_PAGE_MASK, PAGE_BYTES, Window } from "./layout.ts";
import { emitReach, type PagingLabels } from "./paging.ts";

/**
 * rbx: the window, r12: pages, at least one, from its first own byte on; r13: where each one's entry is told by its lowest
 * byte, an address of ring 3's. Changes these, rax rdx rdi r8 to r11.
 */
export function emitTellEntries(a: KeelAssembler, labels: PagingLabels): void {
  const [table, page, absent, done] = a.labels(4);
  a.allowUserAccess();
  a.load(RDI, RBX, Window.Base);
  a.load(RAX, RBX, Window.Below);
  a.subtract(RDI, RAX);
  a.bind(table);
  emitReach(a, labels, absent);
  a.bind(page);
  a.load(RAX, R10);
  emitTellEntry(a, done);
  a.addConstant(R10, 8);
  a.ri(TEST32.rmImm32, RDI, LARGE_PAGE_MASK);
  a.branch(Condition.NotEqual, page);
  a.jump(table);
  a.bind(absent);
  a.set(RAX, 0);
  emitTellEntry(a, done);
  a.ri(TEST32.rmImm32, RDI, LARGE_PAGE_MASK);
  a.branch(Condition.NotEqual, absent);
  a.jump(table);
  a.bind(done);
  a.forbidUserAccess();
}

/** rax: the entry. Goes to `done` after the last one. */
function emitTellEntry(a: KeelAssembler, done: number): void {
  a.rm(MOV8.rmReg, RAX, R13, ABSENT, 1, 0);
  a.addConstant(R13, 1);
  a.addConstant(RDI, PAGE_BYTES);
  a.addConstant(R12, -1);
  a.branch(Condition.Equal, done);
}
