/**
 * The memories of an image: filled with their initial content at start, and put back to it for a restart.
 *
 * Pages beyond the first size are taken away again on a restart, so that an access there traps as at first.
 *
 *   memory, 16 bytes    0 u64 extents   8 u64 offset of the first in the read-only data
 *   extent, 24 bytes    0 i64 displacement   8 u64 bytes   16 u64 offset in the read-only data
 */
import type { PartOwner } from "../../abi/manifest.ts";
import { MemoryHeader, Relocation, Routine } from "../../abi/object.ts";
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import { extentsOf } from "../../linker/extents.ts";
import { INITIAL_ALIGNMENT, type InitialImage, type LinkedParts } from "../../linker/linked.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R12, R13, R14, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { ADD64, IMUL64, LEA64, MOV64, SHL64 } from "../../x64/tables/index.ts";
import { compartmentMemory, type Code } from "../compartment/code.ts";
import { isReplicated } from "../compartment/plan.ts";
import type { ReadOnlyData } from "../compartment/read-only.ts";
import { MemoryRecord, TableRecord, type Records } from "./records.ts";
import { emitSystemCall, MADVISE_DONTNEED, Protection, SystemCall } from "./system-call.ts";

const enum Initial {
  Extents = 0,
  First = 8,
  Size = 16,
}

const enum Extent {
  Displacement = 0,
  Bytes = 8,
  Offset = 16,
  Size = 24,
}

/** Of a memory's initial content. */
export interface PlacedExtent {
  readonly displacement: number;
  readonly sizeBytes: number;
  /** In the read-only data. */
  readonly offset: number;
  /** In a file of all extents of the memory, each from a page on. */
  readonly fileOffset: number;
}

export interface Initials {
  /** Offset of the records in the read-only data. */
  readonly records: number;
  /** By memory. */
  readonly extents: readonly (readonly PlacedExtent[])[];
}

/** The memories' initial content, in the read-only data. */
export function writeInitials(
  { memories }: LinkedParts,
  readOnly: ReadOnlyData,
  ownerOf: (memory: number) => PartOwner,
): Initials {
  const records = new Uint8Array(memories.length * Initial.Size);
  const view = new DataView(records.buffer);
  const all = memories.map(({ initial }, memory) => {
    if (initial === undefined) return [];
    const extents = placeExtents(extentsOf(initial), readOnly, ownerOf(memory));
    const at = memory * Initial.Size;
    view.setUint32(at + Initial.Extents, extents.length, true);
    view.setUint32(at + Initial.First, readOnly.add(writeExtents(extents)), true);
    return extents;
  });
  return { records: readOnly.add(records), extents: all };
}

function placeExtents(
  extents: readonly InitialImage[],
  readOnly: ReadOnlyData,
  owner: PartOwner,
): PlacedExtent[] {
  let fileOffset = 0;
  return extents.map(({ displacement, bytes }) => {
    const offset = readOnly.addPart({ owner, kind: "memory" }, bytes, 64);
    const place = { displacement, sizeBytes: bytes.length, offset, fileOffset };
    fileOffset += Math.ceil(bytes.length / INITIAL_ALIGNMENT) * INITIAL_ALIGNMENT;
    return place;
  });
}

function writeExtents(extents: readonly PlacedExtent[]): Uint8Array {
  const records = new Uint8Array(extents.length * Extent.Size);
  const view = new DataView(records.buffer);
  extents.forEach(({ displacement, sizeBytes, offset }, index) => {
    const at = index * Extent.Size;
    view.setBigInt64(at + Extent.Displacement, BigInt(displacement), true);
    view.setUint32(at + Extent.Bytes, sizeBytes, true);
    view.setUint32(at + Extent.Offset, offset, true);
  });
  return records;
}

/** A function. rdi: a memory, all zero. */
export function emitFillMemory(a: Shorthand, initials: number): void {
  const [next, done] = [a.label(), a.label()];
  for (const register of [R12, R13, R14]) a.push(register);
  a.placeAddress(RAX, Place.MemoryBases);
  a.rm(MOV64.regRm, R12, RAX, RDI, 8, 0);
  a.rri(IMUL64.regRmImm8, RDI, RDI, Initial.Size);
  a.placeAddress(RAX, Place.ReadOnly, initials);
  a.add(RAX, RDI);
  a.load(R13, RAX, Initial.Extents);
  a.placeAddress(R14, Place.ReadOnly);
  a.rm(ADD64.regRm, R14, RAX, ABSENT, 1, Initial.First);
  a.bind(next);
  a.addConstant(R13, -1);
  a.branch(Condition.Sign, done);
  a.load(RDX, R14, Extent.Bytes);
  a.load(RDI, R14, Extent.Displacement);
  a.add(RDI, R12);
  a.placeAddress(RSI, Place.ReadOnly);
  a.rm(ADD64.regRm, RSI, R14, ABSENT, 1, Extent.Offset);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.addConstant(R14, Extent.Size);
  a.jump(next);
  a.bind(done);
  for (const register of [R14, R13, R12]) a.pop(register);
  a.ret();
}

/** At start: each memory in turn, but those that map their content. */
export function emitFillMemories(code: Code, fill: number): void {
  const { a, parts, plan } = code;
  const mapped = isReplicated(plan) ? compartmentMemory(code, 0) : undefined;
  parts.memories.forEach(({ initial }, memory) => {
    if (initial === undefined || memory === mapped) return;
    a.set(RDI, memory);
    a.call(fill);
  });
}

/** rdi: a memory, rsi: its base. `fill`: puts its content there. */
export function emitDiscardMemory(a: Shorthand, records: Records, fill: number): void {
  const same = a.label();
  a.push(RDI);
  a.move(R8, RSI);
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
