/**
 * A memory of many of one kind, made as it was at first.
 *
 * Each such memory is a copy-on-write view of one file (`replicas.ts`). A page that is dropped shows the file again, for
 * the price of a fault when it is next touched, which is ten times that of a copy. So what one life of a compartment
 * after the other writes is copied back, from a view of the file that can be read alone; all else that was written is
 * dropped. Which of the two a page gets is a matter of time only: both leave what the file has.
 *
 * What was written the system knows: /proc/self/pagemap, opened at start, says which pages are the process's own, in the
 * words of Linux's Documentation/admin-guide/mm/pagemap.rst neither "file-page" nor absent. Where that cannot be read,
 * all is dropped, and so it is in every 256th renewal: pages that were copied back stay the process's own, and would be
 * taken for written ever after.
 *
 *   a page's byte   bit 0: the process's own as the last life ended   bit 1: and as the one before did
 *
 * Tests:  renewal.test.ts
 */
import { MemoryHeader } from "../../abi/object.ts";
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import type { LinkedMemory } from "../../linker/linked.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R12, R13, R14, R8, R9, RAX, RBP, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import {
  ADC32,
  AND32,
  BT32,
  LEA64,
  MOV8,
  MOVZX8TO32,
  MOV64,
  REP_MOVSQ,
  SHL64,
  SHR64,
  TEST32,
} from "../../x64/tables/index.ts";
import type { ReadOnlyData } from "../compartment/read-only.ts";
import { OWN_LIMIT, RENEWED_PAGES_LIMIT } from "../compartment/renewal.ts";
import {
  ImageFixed,
  PAGE_BYTES,
  PAGE_LIVES,
  PAGE_MAP,
  PAGE_MAP_DESCRIPTOR,
  RENEWALS,
} from "./image-state.ts";
import { reservationOf } from "./records.ts";
import { emitErrorCheck, emitSystemCall, MADVISE_DONTNEED, Protection, SystemCall } from "./system-call.ts";

const PAGE_SHIFT = 12;
const PAGE_MAP_NAME = "/proc/self/pagemap\0";

/** Of an entry of the page map. */
const ENTRY_BYTES = 8;
/** Above it are bits 61: a page of a file, 62: swapped, 63: present. */
const ENTRY_SHIFT = 61;
/** By these three bits as a number: swapped, or present and of no file. */
const OWN = (1 << 0b010) | (1 << 0b011) | (1 << 0b100) | (1 << 0b110) | (1 << 0b111);

const COPIED_BACK = 3;
const DROPPED = 1;

/** All is dropped once in so many renewals: a power of two. */
const DROP_EVERY = 256;
/** Above that dropping all by one call takes less time. */
const DROPS_LIMIT = 16;

/** First address of what is renewed (contexts first), and of the view of the file. */
const START = R12;
const VIEW = R13;
/** Pages that are left to do. */
const LEFT = R14;
/** Bytes of the memory, with what it grew by. */
const SIZE = RBP;

/** Of contexts and what the memory has at first; what lies above the limit is always dropped. */
function pagesOf(memory: LinkedMemory): number {
  const { contexts } = reservationOf(memory);
  return Math.min((contexts + memory.pages * WASM_PAGE_BYTES) / PAGE_BYTES, RENEWED_PAGES_LIMIT);
}

/** Start-up. Without a page map its descriptor is that of no file. */
export function emitOpenPageMap(a: Shorthand, readOnly: ReadOnlyData): void {
  const [absent, done] = a.labels(2);
  a.placeAddress(RDI, Place.ReadOnly, readOnly.addText(PAGE_MAP_NAME));
  a.set(RSI, 0);
  emitSystemCall(a, SystemCall.Open);
  emitErrorCheck(a, absent);
  a.compareConstant(RAX, PAGE_MAP_DESCRIPTOR);
  a.branch(Condition.Equal, done);
  a.push(RAX);
  a.move(RDI, RAX);
  a.set(RSI, PAGE_MAP_DESCRIPTOR);
  emitSystemCall(a, SystemCall.Dup2);
  a.pop(RDI);
  emitSystemCall(a, SystemCall.Close);
  a.jump(done);
  a.bind(absent);
  a.set(RDI, PAGE_MAP_DESCRIPTOR);
  emitSystemCall(a, SystemCall.Close);
  a.bind(done);
}

/** `copiesBack`: false leaves what is to be copied back as it is, for the control of tests alone. rsi: the base. */
export function emitRenewMemory(a: Shorthand, memory: LinkedMemory, copiesBack: boolean): void {
  const { contexts } = reservationOf(memory);
  const pages = pagesOf(memory);
  const [all, tail] = a.labels(2);
  for (const register of [SIZE, START, VIEW, LEFT]) a.push(register);
  a.address(START, RSI, -contexts);
  // What the header says goes with the pages.
  a.load32(SIZE, RSI, MemoryHeader.Pages);
  a.ri(SHL64.imm8, SIZE, Math.log2(WASM_PAGE_BYTES));
  emitReadPageMap(a, pages, all);
  emitJudgePages(a, pages, all);
  emitRestorePages(a, pages, tail, copiesBack);
  a.bind(all);
  a.move(RDI, START);
  a.set(RSI, pages * PAGE_BYTES);
  emitDrop(a);
  a.bind(tail);
  emitDropTail(a, contexts, pages, memory.pages * WASM_PAGE_BYTES);
  for (const register of [LEFT, VIEW, START, SIZE]) a.pop(register);
  a.ret();
}

/** Goes to `all` where there is none, and when its time has come. */
function emitReadPageMap(a: Shorthand, pages: number, all: number): void {
  a.loadPlace(RAX, Place.State, RENEWALS);
  a.addConstant(RAX, 1);
  a.storePlace(Place.State, RENEWALS, RAX);
  a.ri(TEST32.rmImm32, RAX, DROP_EVERY - 1);
  a.branch(Condition.Equal, all);
  a.set(RDI, PAGE_MAP_DESCRIPTOR);
  a.placeAddress(RSI, Place.State, PAGE_MAP);
  a.set(RDX, pages * ENTRY_BYTES);
  a.move(R10, START);
  a.ri(SHR64.imm8, R10, PAGE_SHIFT - Math.log2(ENTRY_BYTES));
  emitSystemCall(a, SystemCall.Pread);
  a.compareConstant(RAX, pages * ENTRY_BYTES);
  a.branch(Condition.NotEqual, all);
}

/** The pages' bytes. Goes to `all` where that is the shorter way. */
function emitJudgePages(a: Shorthand, pages: number, all: number): void {
  const [own, dropped] = [RCX, RDI];
  const [next, known] = a.labels(2);
  a.placeAddress(R8, Place.State, PAGE_LIVES);
  a.placeAddress(R9, Place.State, PAGE_MAP);
  a.set(R10, OWN);
  for (const count of [own, dropped]) a.set(count, 0);
  a.set(RDX, pages);
  a.bind(next);
  a.rm(MOV64.regRm, RSI, R9, RDX, ENTRY_BYTES, -ENTRY_BYTES);
  a.ri(SHR64.imm8, RSI, ENTRY_SHIFT);
  a.rm(MOVZX8TO32, RAX, R8, RDX, 1, -1);
  a.ri(AND32.rmImm32, RAX, 1);
  a.rr(BT32.rmReg, RSI, R10);
  a.rr(ADC32.regRm, RAX, RAX);
  a.rm(MOV8.rmReg, RAX, R8, RDX, 1, -1);
  a.compareConstant(RAX, DROPPED);
  a.branch(Condition.NotEqual, known);
  a.addConstant(dropped, 1);
  a.bind(known);
  a.ri(AND32.rmImm32, RAX, 1);
  a.add(own, RAX);
  a.addConstant(RDX, -1);
  a.branch(Condition.NotEqual, next);
  a.compareConstant(own, OWN_LIMIT);
  a.branch(Condition.Above, all);
  a.compareConstant(dropped, DROPS_LIMIT);
  a.branch(Condition.Above, all);
}

/** Page by page, as their bytes say. Goes to `done`. */
function emitRestorePages(a: Shorthand, pages: number, done: number, copiesBack: boolean): void {
  const [next, copied, after] = a.labels(3);
  a.loadPlace(VIEW, Place.State, ImageFixed.InitialView);
  a.set(LEFT, pages);
  a.bind(next);
  a.placeAddress(RAX, Place.State, PAGE_LIVES);
  a.rm(MOVZX8TO32, RAX, RAX, LEFT, 1, -1);
  a.move(RDI, LEFT);
  a.ri(SHL64.imm8, RDI, PAGE_SHIFT);
  a.compareConstant(RAX, COPIED_BACK);
  a.branch(Condition.Equal, copied);
  a.compareConstant(RAX, DROPPED);
  a.branch(Condition.NotEqual, after);
  a.rm(LEA64, RDI, RDI, START, 1, -PAGE_BYTES);
  a.set(RSI, PAGE_BYTES);
  emitDrop(a);
  a.jump(after);
  a.bind(copied);
  a.rm(LEA64, RSI, RDI, VIEW, 1, -PAGE_BYTES);
  a.rm(LEA64, RDI, RDI, START, 1, -PAGE_BYTES);
  a.set(RCX, PAGE_BYTES / 8);
  if (copiesBack) a.none(REP_MOVSQ);
  a.bind(after);
  a.addConstant(LEFT, -1);
  a.branch(Condition.NotEqual, next);
  a.jump(done);
}

/** rdi: address, rsi: bytes. */
function emitDrop(a: Shorthand): void {
  a.set(RDX, MADVISE_DONTNEED);
  emitSystemCall(a, SystemCall.Madvise);
}

/** What lies above those pages; of it, what the memory grew by is taken away again. */
function emitDropTail(a: Shorthand, contexts: number, pages: number, committed: number): void {
  const done = a.label();
  const above = pages * PAGE_BYTES - contexts;
  a.address(RSI, SIZE, -above);
  a.test(RSI);
  a.branch(Condition.Equal, done);
  a.rm(LEA64, RDI, START, ABSENT, 1, contexts + above);
  emitDrop(a);
  a.address(RSI, SIZE, -committed);
  a.test(RSI);
  a.branch(Condition.Equal, done);
  a.rm(LEA64, RDI, START, ABSENT, 1, contexts + committed);
  a.set(RDX, Protection.None);
  emitSystemCall(a, SystemCall.Mprotect);
  a.bind(done);
}
