/**
 * Frames and page tables.
 *
 * The tables are reached through a window onto themselves: one entry of the PML4 leads to the PML4, so that the entry
 * of an address lies at a fixed place computed from it. Nothing maps all of physical memory: a frame of code has no
 * writable alias, and what has no entry cannot be reached by ring 0 either.
 *
 *   entry of va   = SelfMap + (va >> 9 & 0x7ffffffff8)      its directory's entry: the same of that address, and so on
 *
 * Frames come from the ranges of physical memory in order, and from those that were given back first. They are zeroed
 * when they are given.
 */
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R10, R11, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../x64/register.ts";
import { BT64, CMP64, INVLPG, OR64, REP_STOSQ, SAR64, TEST64 } from "../x64/tables/index.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, Entry, KeelPage, PAGE_BYTES } from "./layout.ts";

const ENTRY_MASK = 0x7f_ffff_fff8n;
const ENTRIES = 512;
export const NO_EXECUTE = 1n << 63n;

export interface PagingLabels {
  /** rdi: address, rsi: its entry. Changes rax rcx rdx r8 to r11. rax: 0 where no frame was left for a table. */
  readonly map: number;
  /** rax: physical address of a frame, or 0; changes rcx. */
  readonly takeFrame: number;
  /** rax: physical address. Changes rcx, rdx. */
  readonly giveFrame: number;
  /** rax: a frame. rdx: an address that shows it until the next call. Changes rcx. */
  readonly scratch: number;
  /** rdi: address; r10: address of its entry, r11: of its directory's. Changes r8, r9. */
  readonly entryOf: number;
}

export function emitPaging(a: KeelAssembler, labels: PagingLabels): void {
  const { scratch } = labels;
  emitEntryOf(a, labels.entryOf);
  emitMap(a, labels);
  emitTakeFrame(a, labels.takeFrame, scratch);
  emitGiveFrame(a, labels.giveFrame, scratch);
  emitScratch(a, scratch);
}

/** to = the entry of the address in `from`. r8: SelfMap, r9: the mask. */
export function emitStep(a: KeelAssembler, to: number, from: number): void {
  a.move(to, from);
  a.shiftRight(to, 9);
  a.and(to, R9);
  a.add(to, R8);
}

function emitEntryOf(a: KeelAssembler, label: number): void {
  a.begin(label);
  a.loadData(R8, Data.SelfMap);
  a.set64(R9, ENTRY_MASK);
  emitStep(a, R10, RDI);
  emitStep(a, R11, R10);
  a.ret();
}

/** As `entryOf`; rdx, rax: addresses of the entries above. Goes to `absent` where a table on the way is not there. */
export function emitReach(a: KeelAssembler, { entryOf }: PagingLabels, absent: number): void {
  a.call(entryOf);
  emitStep(a, RDX, R11);
  emitStep(a, RAX, RDX);
  for (const entry of [RAX, RDX, R11]) {
    a.mi(TEST64.rmImm32, entry, ABSENT, 1, 0, Entry.Present);
    a.branch(Condition.Equal, absent);
  }
}

function emitMap(a: KeelAssembler, { map, takeFrame, entryOf }: PagingLabels): void {
  const newTable = a.label();
  const failed = a.label();
  a.begin(map);
  a.call(entryOf);
  emitStep(a, RDX, R11);
  emitStep(a, RAX, RDX);
  for (const entry of [RAX, RDX, R11]) {
    const present = a.label();
    a.mi(TEST64.rmImm32, entry, ABSENT, 1, 0, Entry.Present);
    a.branch(Condition.NotEqual, present);
    a.push(RDX);
    a.move(RDX, entry);
    a.call(newTable);
    a.pop(RDX);
    a.test(RAX);
    a.branch(Condition.Equal, failed);
    a.bind(present);
  }
  a.store(R10, 0, RSI);
  a.set(RAX, 1);
  a.bind(failed);
  a.ret();

  // rdx: address of the entry that gets a table. Ring 3 may use tables of the lower half.
  const upper = a.label();
  const none = a.label();
  a.begin(newTable);
  a.call(takeFrame);
  a.test(RAX);
  a.branch(Condition.Equal, none);
  a.ri(OR64.rmImm32, RAX, Entry.Present | Entry.Write);
  a.ri(BT64.rmImm8, RDI, 63);
  a.branch(Condition.Below, upper);
  a.ri(OR64.rmImm32, RAX, Entry.User);
  a.bind(upper);
  a.store(RDX, 0, RAX);
  a.push(RDI);
  // The table's own page in the window: the address shifted by one level, made canonical.
  a.move(RDI, RDX);
  a.shiftLeft(RDI, 25);
  a.ri(SAR64.imm8, RDI, 16);
  a.set(RAX, 0);
  a.set(RCX, ENTRIES);
  a.none(REP_STOSQ);
  a.pop(RDI);
  a.set(RAX, 1);
  a.bind(none);
  a.ret();
}

function emitTakeFrame(a: KeelAssembler, label: number, scratch: number): void {
  const reuse = a.label();
  const again = a.label();
  const nextRange = a.label();
  const none = a.label();
  a.begin(label);
  a.loadData(RAX, Data.FreeFrames);
  a.test(RAX);
  a.branch(Condition.NotEqual, reuse);
  a.bind(again);
  a.loadData(RAX, Data.RangeNext);
  a.data(CMP64.regRm, RAX, Data.RangeEnd);
  a.branch(Condition.AboveOrEqual, nextRange);
  a.addData(Data.RangeNext, PAGE_BYTES);
  a.addData(Data.FrameCount, -1);
  a.ret();

  a.bind(nextRange);
  a.loadData(RCX, Data.RangeIndex);
  a.data(CMP64.regRm, RCX, Data.RangeCount);
  a.branch(Condition.AboveOrEqual, none);
  a.addData(Data.RangeIndex, 1);
  a.shiftLeft(RCX, 4);
  a.dataAddress(RAX, Data.Ranges);
  a.add(RCX, RAX);
  a.load(RAX, RCX);
  a.storeData(Data.RangeNext, RAX);
  a.load(RAX, RCX, 8);
  a.storeData(Data.RangeEnd, RAX);
  a.jump(again);
  a.bind(none);
  a.set(RAX, 0);
  a.ret();

  a.bind(reuse);
  a.push(RDX);
  a.call(scratch);
  a.load(RCX, RDX);
  a.storeData(Data.FreeFrames, RCX);
  a.addData(Data.FrameCount, -1);
  a.pop(RDX);
  a.ret();
}

function emitGiveFrame(a: KeelAssembler, label: number, scratch: number): void {
  a.begin(label);
  a.call(scratch);
  a.loadData(RCX, Data.FreeFrames);
  a.store(RDX, 0, RCX);
  a.storeData(Data.FreeFrames, RAX);
  a.addData(Data.FrameCount, 1);
  a.ret();
}

function emitScratch(a: KeelAssembler, label: number): void {
  a.begin(label);
  a.set64(RCX, NO_EXECUTE | BigInt(Entry.Present | Entry.Write));
  a.or(RCX, RAX);
  a.loadData(RDX, Data.ScratchEntry);
  a.store(RDX, 0, RCX);
  a.loadData(RDX, Data.Region);
  a.addConstant(RDX, KeelPage.Scratch * PAGE_BYTES);
  a.m(INVLPG, RDX, ABSENT, 1, 0);
  a.ret();
}

/** All that the processor knows of earlier entries is forgotten (SDM 3, 4.10.4.1). Changes rax. */
export function emitFlush(a: KeelAssembler): void {
  a.loadControl(RAX, 3);
  a.storeControl(3, RAX);
}
