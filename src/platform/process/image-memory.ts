/**
 * The memories of an image: filled with their initial content at start, and put back to it for a restart.
 *
 * Pages beyond the first size are taken away again on a restart, so that an access there traps as at first.
 *
 *   initial, 24 bytes a memory   0 i64 displacement   8 u64 bytes   16 u64 offset in the read-only data
 */
import { MemoryHeader, Relocation, Routine } from "../../abi/object.ts";
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import type { LinkedParts } from "../../linker/linked.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { ADD64, IMUL64, LEA64, MOV64, SHL64 } from "../../x64/tables/index.ts";
import type { ReadOnlyData } from "../compartment/read-only.ts";
import { MemoryRecord, TableRecord, type Records } from "./records.ts";
import { emitSystemCall, MADVISE_DONTNEED, Protection, SystemCall } from "./system-call.ts";

const enum Initial {
  Displacement = 0,
  Bytes = 8,
  Offset = 16,
  Size = 24,
}

/** Offset in the read-only data of the memories' initial content. */
export function writeInitials({ memories }: LinkedParts, readOnly: ReadOnlyData): number {
  const records = new Uint8Array(memories.length * Initial.Size);
  const view = new DataView(records.buffer);
  memories.forEach(({ initial }, memory) => {
    if (initial === undefined) return;
    const at = memory * Initial.Size;
    view.setBigInt64(at + Initial.Displacement, BigInt(initial.displacement), true);
    view.setUint32(at + Initial.Bytes, initial.bytes.length, true);
    view.setUint32(at + Initial.Offset, readOnly.add(initial.bytes, 64), true);
  });
  return readOnly.add(records);
}

/** A function. rdi: a memory, all zero. */
export function emitFillMemory(a: Shorthand, initials: number): void {
  a.placeAddress(RAX, Place.MemoryBases);
  a.rm(MOV64.regRm, R8, RAX, RDI, 8, 0);
  a.rri(IMUL64.regRmImm8, RDI, RDI, Initial.Size);
  a.placeAddress(RAX, Place.ReadOnly, initials);
  a.add(RAX, RDI);
  a.load(RDX, RAX, Initial.Bytes);
  a.load(RDI, RAX, Initial.Displacement);
  a.add(RDI, R8);
  a.placeAddress(RSI, Place.ReadOnly);
  a.rm(ADD64.regRm, RSI, RAX, ABSENT, 1, Initial.Offset);
  a.jumpRelocated(Relocation.Routine, Routine.Copy);
}

/** At start: each memory in turn. */
export function emitFillMemories(a: Shorthand, { memories }: LinkedParts, fill: number): void {
  memories.forEach(({ initial }, memory) => {
    if (initial === undefined) return;
    a.set(RDI, memory);
    a.call(fill);
  });
}

/** rdi: a memory. */
export function emitDiscardMemory(a: Shorthand, records: Records, fill: number): void {
  const same = a.label();
  a.push(RDI);
  a.placeAddress(RAX, Place.MemoryBases);
  a.rm(MOV64.regRm, R8, RAX, RDI, 8, 0);
  a.ri(SHL64.imm8, RDI, Math.log2(MemoryRecord.Size));
  a.placeAddress(R9, Place.ReadOnly, records.memories);
  a.add(R9, RDI);
  // What the header says goes with the pages.
  a.load32(RCX, R8, MemoryHeader.Pages);
  a.ri(SHL64.imm8, RCX, Math.log2(WASM_PAGE_BYTES));
  a.push(RCX);
  a.load(RAX, R9, MemoryRecord.Contexts);
  a.move(RDI, R8);
  a.subtract(RDI, RAX);
  a.rm(LEA64, RSI, RAX, RCX, 1, 0);
  a.set(RDX, MADVISE_DONTNEED);
  emitSystemCall(a, SystemCall.Madvise);
  a.pop(RSI);
  a.load(RAX, R9, MemoryRecord.Committed);
  a.subtract(RSI, RAX);
  a.branch(Condition.BelowOrEqual, same);
  a.rm(LEA64, RDI, R8, RAX, 1, 0);
  a.set(RDX, Protection.None);
  emitSystemCall(a, SystemCall.Mprotect);
  a.bind(same);
  a.pop(RDI);
  a.jump(fill);
}

/** rdi: a table. */
export function emitDiscardTable(a: Shorthand, records: Records): void {
  a.placeAddress(RAX, Place.ReadOnly, records.tables);
  a.rm(MOV64.regRm, RSI, RAX, RDI, TableRecord.Size, 0);
  a.placeAddress(RAX, Place.TableAddresses);
  a.rm(MOV64.regRm, RDI, RAX, RDI, 8, 0);
  a.set(RDX, MADVISE_DONTNEED);
  emitSystemCall(a, SystemCall.Madvise);
  a.ret();
}
