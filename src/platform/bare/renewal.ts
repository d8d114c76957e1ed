/**
 * A memory of many of one kind, made as it was at first.
 *
 * What it begins with the keel maps a second time, to be read alone, in a window of the platform's. Of each compartment
 * there is a list of the pages that it has written since it was last discarded; ring 3 writes there what the image holds.
 * A page that the keel takes back and gives again costs a fault, and work in ring 0, which some hypervisors interpret.
 * Pages are only ever added between two discards: while their number stays the list is right, and the keel, which sees
 * each first write, is asked for no more than the number.
 *
 * A memory that grew, or was written in more pages than usual, is discarded; so is one in every 1,024 renewals, for pages
 * that few lives write would be kept and copied for ever.
 *
 *   a list   u64 pages   u16 each: a page, from the memory's first one (contexts) on
 *
 * Tests: renewal.test.ts, several.test.ts
 */
import { EntryBit, KeelCall } from "../../abi/boot.ts";
import { MemoryHeader } from "../../abi/object.ts";
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import { extentsOf } from "../../linker/extents.ts";
import type { LinkedMemory } from "../../linker/linked.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, R12, R13, R14, R15, RAX, RCX, RDI, RDX, RSI, RSP } from "../../x64/register.ts";
import {
  IMUL64,
  LEA64,
  MOV16,
  MOVZX16TO32,
  MOVZX8TO32,
  REP_MOVSQ,
  REP_STOSQ,
  SHL64,
  TEST32,
} from "../../x64/tables/index.ts";
import type { ReadOnlyData } from "../compartment/read-only.ts";
import { OWN_LIMIT, RENEWED_PAGES_LIMIT } from "../compartment/renewal.ts";
import { PAGE_BYTES } from "../../keel/layout.ts";
import { contextBytesOf } from "./image.ts";
import type { KeelCalls } from "./keel-calls.ts";
import type { BareState } from "./state.ts";

const PAGE_SHIFT = 12;
/** All is discarded once in so many renewals: a power of two. */
const DISCARD_EVERY = 1024;
/** Addresses of the memory's first page, of the same in the view, and of the list; pages that are left to do. */
const START = R12;
const VIEW = R13;
const LIST = R14;
const LEFT = R15;
/** The window, last, is there for `CountPages`, `TellEntries` and `Discard`. */
const SAVED = [START, VIEW, LIST, LEFT, RDI];

const enum List {
  Pages = 0,
  First = 8,
}
const ITEM_BYTES = 2;
export const LIST_BYTES = List.First + OWN_LIMIT * ITEM_BYTES;

export interface Renewed {
  readonly memory: LinkedMemory;
  readonly readOnly: ReadOnlyData;
  /** False leaves what is to be written back as it is, for the control of tests alone. */
  readonly writesBack: boolean;
}

/** rdi: number of the memory's window, rsi: its base, rdx: which one of the kind it is of. A function's body. */
export function emitRenewMemory(
  a: Shorthand,
  keel: KeelCalls,
  state: BareState,
  { memory, readOnly, writesBack }: Renewed,
): void {
  const [all, known] = a.labels(2);
  const contexts = contextBytesOf(memory);
  const pages = (contexts + memory.pages * WASM_PAGE_BYTES) / PAGE_BYTES;
  if (pages > RENEWED_PAGES_LIMIT) {
    keel.leave(a, KeelCall.Discard);
    return;
  }
  for (const register of SAVED) a.push(register);
  a.address(START, RSI, -contexts);
  a.rri(IMUL64.regRmImm32, RDX, RDX, LIST_BYTES);
  a.placeAddress(LIST, Place.State, state.lists);
  a.add(LIST, RDX);
  // What the header says goes with the pages.
  a.load32(RAX, RSI, MemoryHeader.Pages);
  a.compareConstant(RAX, memory.pages);
  a.branch(Condition.NotEqual, all);
  a.loadPlace(RAX, Place.State, state.renewals);
  a.addConstant(RAX, 1);
  a.storePlace(Place.State, state.renewals, RAX);
  a.ri(TEST32.rmImm32, RAX, DISCARD_EVERY - 1);
  a.branch(Condition.Equal, all);
  keel.call(a, KeelCall.CountPages);
  a.compareConstant(RAX, OWN_LIMIT);
  a.branch(Condition.Above, all);
  a.load(RCX, LIST, List.Pages);
  a.compare(RAX, RCX);
  a.branch(Condition.Equal, known);
  a.load(RDI, RSP);
  a.set(RSI, pages);
  a.placeAddress(RDX, Place.State, state.entries);
  keel.call(a, KeelCall.TellEntries);
  emitList(a, state, pages);
  a.bind(known);
  if (writesBack) emitWriteBack(a, state, readOnly.add(heldPages(memory, pages)));
  emitLeave(a);
  a.ret();

  a.bind(all);
  a.set(RAX, 0);
  a.store(LIST, List.Pages, RAX);
  emitLeave(a);
  keel.leave(a, KeelCall.Discard);
}

function emitLeave(a: Shorthand): void {
  for (const register of SAVED.toReversed()) a.pop(register);
}

/** Of the pages' entries, which are at most as many as a list holds. */
function emitList(a: Shorthand, state: BareState, pages: number): void {
  const [count, page, entries] = [RCX, RDX, RSI];
  const [next, after] = a.labels(2);
  a.placeAddress(entries, Place.State, state.entries);
  a.set(count, 0);
  a.set(page, 0);
  a.bind(next);
  a.rm(MOVZX8TO32, RAX, entries, page, 1, 0);
  a.ri(TEST32.rmImm32, RAX, EntryBit.Write);
  a.branch(Condition.Equal, after);
  a.rm(MOV16.rmReg, page, LIST, count, ITEM_BYTES, List.First);
  a.addConstant(count, 1);
  a.bind(after);
  a.addConstant(page, 1);
  a.compareConstant(page, pages);
  a.branch(Condition.Below, next);
  a.store(LIST, List.Pages, count);
}

/** Page by page. `held`: which the image has something of, a byte each; the others begin as zeros. */
function emitWriteBack(a: Shorthand, state: BareState, held: number): void {
  const [next, zero, done] = a.labels(3);
  a.loadPlace(VIEW, Place.State, state.initialView);
  a.load(LEFT, LIST, List.Pages);
  a.bind(next);
  a.addConstant(LEFT, -1);
  a.branch(Condition.Sign, done);
  a.rm(MOVZX16TO32, RDX, LIST, LEFT, ITEM_BYTES, List.First);
  a.placeAddress(RAX, Place.ReadOnly, held);
  a.rm(MOVZX8TO32, RAX, RAX, RDX, 1, 0);
  a.ri(SHL64.imm8, RDX, PAGE_SHIFT);
  a.rm(LEA64, RDI, START, RDX, 1, 0);
  a.set(RCX, PAGE_BYTES / 8);
  a.test(RAX);
  a.branch(Condition.Equal, zero);
  a.rm(LEA64, RSI, VIEW, RDX, 1, 0);
  a.none(REP_MOVSQ);
  a.jump(next);
  a.bind(zero);
  a.none(REP_STOSQ);
  a.jump(next);
  a.bind(done);
}

function heldPages(memory: LinkedMemory, pages: number): Uint8Array {
  const held = new Uint8Array(pages);
  const first = contextBytesOf(memory);
  for (const { displacement, bytes } of memory.initial === undefined ? [] : extentsOf(memory.initial)) {
    const start = (first + displacement) / PAGE_BYTES;
    held.fill(1, start, start + Math.ceil(bytes.length / PAGE_BYTES));
  }
  return held;
}
