/**
 * Windows: the pieces of ring 3's address space, each at a place of its own, drawn at boot.
 *
 * A window lies in a slot of 1.5 TiB, moved by a random multiple of 2 MiB below 1 TiB: 19 bits. What the image holds of
 * it (`KeelRun`) is present from the start; other pages are given when they are touched (`faults.ts`).
 */
import { BootInformation } from "../abi/boot.ts";
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R10, R12, R13, R14, R15, RAX, RBX, RCX, RDI, RSI } from "../x64/register.ts";
import { ADD64, LEA64, MOV64, MOVSX32TO64, TEST64 } from "../x64/tables/index.ts";
import { RunRecord, WindowRecord, type KeelImage } from "./image-table.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, INFORMATION, LARGE_PAGE_MASK, PAGE_BYTES, Window } from "./layout.ts";
import type { PagingLabels } from "./paging.ts";

const SLOT_SHIFT = 39n;
const SLOTS = 3n;
const RANDOM_BITS = 19;
const PAGE_SHIFT = 12;
const LARGE_PAGE_SHIFT = 21;

/** The address behind the slots of so many windows: the first begins above page zero's table. */
export function slotsEnd(windows: number): bigint {
  return (1n + SLOTS * BigInt(windows)) << SLOT_SHIFT;
}

export interface WindowLabels extends PagingLabels {
  readonly random: number;
  /** The image's tables, behind the code. */
  readonly windows: number;
  readonly runs: number;
  /** rbx: a window in `Data.Windows`, r12: its number. Maps the image's pages of it. Keeps rbx r12 to r15. */
  readonly mapRuns: number;
}

export function emitWindows(a: KeelAssembler, labels: WindowLabels, image: KeelImage): void {
  const next = a.label();
  a.ripLabel(LEA64, R14, labels.windows);
  a.dataAddress(RBX, Data.Windows);
  a.dataAddress(R15, INFORMATION + BootInformation.Windows);
  a.set64(R13, slotsEnd(0));
  a.set(R12, 0);
  a.bind(next);
  a.call(labels.random);
  a.shiftRight(RAX, 64 - RANDOM_BITS);
  a.shiftLeft(RAX, LARGE_PAGE_SHIFT);
  a.add(RAX, R13);
  a.store(RBX, Window.Start, RAX);
  a.load32(RCX, R14, WindowRecord.Pages);
  a.shiftLeft(RCX, PAGE_SHIFT);
  a.add(RCX, RAX);
  a.store(RBX, Window.End, RCX);
  a.load32(RCX, R14, WindowRecord.BaseOffset);
  a.shiftLeft(RCX, PAGE_SHIFT);
  a.add(RAX, RCX);
  a.store(RBX, Window.Base, RAX);
  a.rm(MOV64.rmReg, RAX, R15, R12, 8, 0);
  a.load32(RAX, R14, WindowRecord.Below);
  a.shiftLeft(RAX, PAGE_SHIFT);
  a.store(RBX, Window.Below, RAX);
  a.load(RAX, R14, WindowRecord.Kind);
  a.store(RBX, Window.Kind, RAX);
  a.call(labels.mapRuns);
  a.set64(RAX, SLOTS << SLOT_SHIFT);
  a.add(R13, RAX);
  a.addConstant(R14, WindowRecord.Size);
  a.addConstant(RBX, Window.Size);
  a.addConstant(R12, 1);
  a.compareConstant(R12, image.windows.length);
  a.branch(Condition.Below, next);
}

export function emitMapRuns(a: KeelAssembler, { mapRuns, map, runs }: WindowLabels, count: number): void {
  const [next, other, page, walk, placed, done] = a.labels(6);
  a.begin(mapRuns);
  for (const register of [R13, R14, R15]) a.push(register);
  a.ripLabel(LEA64, R14, runs);
  a.set(R15, count);
  a.bind(next);
  a.addConstant(R15, -1);
  a.branch(Condition.Sign, done);
  a.load32(RAX, R14, RunRecord.Window);
  a.compare(RAX, R12);
  a.branch(Condition.NotEqual, other);
  a.load32(R13, R14, RunRecord.Pages);
  a.rm(MOVSX32TO64, RDI, R14, ABSENT, 1, RunRecord.Offset);
  a.shiftLeft(RDI, PAGE_SHIFT);
  a.rm(ADD64.regRm, RDI, RBX, ABSENT, 1, Window.Base);
  a.load(RSI, R14, RunRecord.Entry);
  a.jump(walk);
  // The next entry stands beside the last one until a table ends.
  a.bind(page);
  a.addConstant(RDI, PAGE_BYTES);
  a.addConstant(RSI, PAGE_BYTES);
  a.ri(TEST64.rmImm32, RDI, LARGE_PAGE_MASK);
  a.branch(Condition.Equal, walk);
  a.addConstant(R10, 8);
  a.store(R10, 0, RSI);
  a.jump(placed);
  a.bind(walk);
  a.call(map);
  a.bind(placed);
  a.addConstant(R13, -1);
  a.branch(Condition.NotEqual, page);
  a.bind(other);
  a.addConstant(R14, RunRecord.Size);
  a.jump(next);
  a.bind(done);
  for (const register of [R15, R14, R13]) a.pop(register);
  a.ret();
}
