/** Taking back: a window's pages, and the right to write what start-up has written. */
import { MemoryHeader } from "../abi/object.ts";
import { Condition, R10, R11, R13, RAX, RBX, RCX, RDI, RSI } from "../x64/register.ts";
import { AND64, BTR64, OR64, TEST32 } from "../x64/tables/index.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Entry, LARGE_PAGE_MASK, PAGE_BYTES, Window, WindowKind } from "./layout.ts";
import { emitFlush, emitReach, type PagingLabels } from "./paging.ts";
import type { WindowLabels } from "./windows.ts";

const FRAME_MASK = 0x000f_ffff_ffff_f000n;
const WRITE_BIT = 1;

/** rbx: the window, r12: its number. Changes r13 and what `map` does. */
export function emitDiscard(a: KeelAssembler, labels: WindowLabels): void {
  const [next, inner, table, kept, skip, done, sized] = a.labels(7);
  a.allowUserAccess();
  a.load(RDI, RBX, Window.Base);
  a.load(R13, RBX, Window.End);
  a.load32(RAX, RBX, Window.Kind);
  a.compareConstant(RAX, WindowKind.Memory);
  a.branch(Condition.NotEqual, sized);
  a.load(R13, RDI, MemoryHeader.Bytes);
  a.add(R13, RDI);
  a.bind(sized);
  a.load(RAX, RBX, Window.Below);
  a.subtract(RDI, RAX);
  a.ri(AND64.rmImm32, RDI, -PAGE_BYTES);
  a.bind(next);
  a.compare(RDI, R13);
  a.branch(Condition.AboveOrEqual, done);
  emitReach(a, labels, skip);
  a.bind(inner);
  a.load(RAX, R10);
  a.ri(TEST32.rmImm32, RAX, Entry.Present);
  a.branch(Condition.Equal, kept);
  a.set(RCX, 0);
  a.store(R10, 0, RCX);
  a.ri(TEST32.rmImm32, RAX, Entry.Image);
  a.branch(Condition.NotEqual, kept);
  emitGiveBack(a, labels);
  a.bind(kept);
  a.addConstant(RDI, PAGE_BYTES);
  a.addConstant(R10, 8);
  a.ri(TEST32.rmImm32, RDI, LARGE_PAGE_MASK);
  a.branch(Condition.Equal, table);
  a.compare(RDI, R13);
  a.branch(Condition.Below, inner);
  // Else whoever touches one page a table would keep more and more of them, from one restart to the next.
  a.bind(table);
  a.load(RAX, R11);
  a.set(RCX, 0);
  a.store(R11, 0, RCX);
  emitGiveBack(a, labels);
  a.jump(next);
  a.bind(skip);
  a.ri(OR64.rmImm32, RDI, LARGE_PAGE_MASK);
  a.addConstant(RDI, 1);
  a.jump(next);
  a.bind(done);
  a.set(RAX, 0);
  a.store(RBX, Window.Pages, RAX);
  emitFlush(a); // first: new tables are written through the addresses of those that went
  a.call(labels.mapRuns);
  a.forbidUserAccess();
}

/** rax: an entry. Changes rcx, rdx. */
function emitGiveBack(a: KeelAssembler, { giveFrame }: PagingLabels): void {
  a.set64(RCX, FRAME_MASK);
  a.and(RAX, RCX);
  a.call(giveFrame);
}

/** rdi: address in ring 3, rsi: bytes; all of it is there. */
export function emitReadOnly(a: KeelAssembler, labels: PagingLabels): void {
  const [next, done] = [a.label(), a.label()];
  a.ri(AND64.rmImm32, RDI, -PAGE_BYTES);
  a.bind(next);
  a.compareConstant(RSI, 0);
  a.branch(Condition.LessOrEqual, done);
  a.call(labels.entryOf);
  a.load(RAX, R10);
  a.ri(BTR64, RAX, WRITE_BIT);
  a.store(R10, 0, RAX);
  a.addConstant(RDI, PAGE_BYTES);
  a.addConstant(RSI, -PAGE_BYTES);
  a.jump(next);
  a.bind(done);
  emitFlush(a);
}
