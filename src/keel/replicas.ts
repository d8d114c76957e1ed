/**
 * Windows that are there many times: memory and stack of each further compartment of one kind.
 *
 * Their records are copies of the first one's, in pages behind the keel's own; each lies in a slot of 32 GiB, moved by
 * a random number of pages below 16 GiB: 22 bits. So the slot of an address is the number of its record.
 *
 *   ... ordinary windows | memory 1 | stack 1 | memory 2 | stack 2 | ...
 *
 * Tests: keel.test.ts, src/platform/bare/several.test.ts
 */
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R12, R13, RAX, RBX, RCX, RDI, RSI } from "../x64/register.ts";
import { BT64, SUB64 } from "../x64/tables/index.ts";
import type { KeelImage, KeelReplicas } from "./image-table.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, Entry, PAGE_BYTES, REPLICAS, Window } from "./layout.ts";
import { NO_EXECUTE } from "./paging.ts";
import { slotsEnd, type WindowLabels } from "./windows.ts";

const SLOT_SHIFT = 35;
const RANDOM_BITS = 22;
const PAGE_SHIFT = 12;
const RECORD_SHIFT = 6;
const WRITABLE = NO_EXECUTE | BigInt(Entry.Present | Entry.Write);
/** Of ring 3's address space. */
const END = 1n << 47n;

/** Two windows each. */
function windowsOf({ count }: KeelReplicas): number {
  return 2 * count;
}

/** Where the slots begin: behind those of all ordinary windows. */
export function replicasStart({ windows, replicas }: KeelImage): bigint {
  const start = slotsEnd(windows.length);
  if (replicas !== undefined && start + (BigInt(windowsOf(replicas)) << BigInt(SLOT_SHIFT)) > END) {
    throw new Error(`there is no room for ${replicas.count} further compartments`);
  }
  return start;
}

/** At boot, behind the ordinary windows: records and bases. Changes all registers but rbp and rsp. */
export function emitReplicas(
  a: KeelAssembler,
  labels: WindowLabels,
  replicas: KeelReplicas,
  start: bigint,
): void {
  const [page, next, place] = a.labels(3);
  a.set(R12, Math.ceil((windowsOf(replicas) * Window.Size) / PAGE_BYTES));
  a.dataAddress(RBX, REPLICAS);
  a.bind(page);
  a.call(labels.takeFrame);
  a.set64(RSI, WRITABLE);
  a.or(RSI, RAX);
  a.move(RDI, RBX);
  a.call(labels.map);
  a.addConstant(RBX, PAGE_BYTES);
  a.addConstant(R12, -1);
  a.branch(Condition.NotEqual, page);

  a.dataAddress(RBX, REPLICAS);
  a.set64(R13, start);
  a.set(R12, replicas.count);
  a.bind(next);
  for (const window of [replicas.memoryWindow, replicas.stackWindow]) {
    a.dataAddress(RSI, Data.Windows + window * Window.Size);
    a.call(place);
  }
  a.addConstant(R12, -1);
  a.branch(Condition.NotEqual, next);
  const done = a.label();
  a.jump(done);
  a.begin(place);
  emitPlace(a, labels);
  a.bind(done);
}

/** rsi: the record that is copied, rbx: where to, r13: the slot. Both go on to the next. */
function emitPlace(a: KeelAssembler, { random }: WindowLabels): void {
  a.call(random);
  a.shiftRight(RAX, 64 - RANDOM_BITS);
  a.shiftLeft(RAX, PAGE_SHIFT);
  a.add(RAX, R13);
  a.store(RBX, Window.Start, RAX);
  a.rm(SUB64.regRm, RAX, RSI, ABSENT, 1, Window.Start);
  for (const bound of [Window.End, Window.Base]) {
    a.load(RCX, RSI, bound);
    a.add(RCX, RAX);
    a.store(RBX, bound, RCX);
  }
  for (const field of [Window.Kind, Window.Below]) {
    a.load(RCX, RSI, field);
    a.store(RBX, field, RCX);
  }
  a.set(RCX, 0);
  for (const field of [Window.PinnedFrame, Window.PinnedPage, Window.Pages]) a.store(RBX, field, RCX);
  a.addConstant(RBX, Window.Size);
  a.set64(RAX, 1n << BigInt(SLOT_SHIFT));
  a.add(R13, RAX);
  a.ret();
}

/** rax: an address above all ordinary windows. rsi: the record of the window it may be in. Changes rcx. */
export function emitFindReplica(
  a: KeelAssembler,
  replicas: KeelReplicas,
  start: bigint,
  refuse: number,
): void {
  a.move(RCX, RAX);
  a.set64(RSI, start);
  a.subtract(RCX, RSI);
  a.branch(Condition.Below, refuse);
  a.shiftRight(RCX, SLOT_SHIFT);
  a.compareConstant(RCX, windowsOf(replicas));
  a.branch(Condition.AboveOrEqual, refuse);
  a.shiftLeft(RCX, RECORD_SHIFT);
  a.dataAddress(RSI, REPLICAS);
  a.add(RSI, RCX);
  a.load(RCX, RSI, Window.End);
  a.compare(RAX, RCX);
  a.branch(Condition.AboveOrEqual, refuse);
}

/** rdi: a window's number less that of the first replica; then its record. r8: the number of the one it is a copy of. */
export function emitReplica(
  a: KeelAssembler,
  replicas: KeelReplicas,
  refuse: number,
  original: number,
): void {
  const memory = a.label();
  a.compareConstant(RDI, windowsOf(replicas));
  a.branch(Condition.AboveOrEqual, refuse);
  a.set(original, replicas.memoryWindow);
  a.ri(BT64.rmImm8, RDI, 0);
  a.branch(Condition.AboveOrEqual, memory);
  a.set(original, replicas.stackWindow);
  a.bind(memory);
  a.shiftLeft(RDI, RECORD_SHIFT);
  a.dataAddress(RAX, REPLICAS);
  a.add(RDI, RAX);
}
