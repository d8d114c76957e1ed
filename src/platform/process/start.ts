/**
 * Start-up: from the system's entry to a program whose memories, tables and stack are there.
 *
 * Works through the linker's records. Every address is drawn by the system, and a memory's base once more within its
 * reservation. Runs on the system's own stack, and leaves rsp there.
 */
import { Place } from "../../linker/platform.ts";
import type { LinkedParts } from "../../linker/linked.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R12, R13, R14, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { AND32, MOV32, MOV64, MOVSX32TO64 } from "../../x64/tables/index.ts";
import { MemoryRecord, RANDOM_BYTES, TableRecord, WordRecord, type Records } from "./records.ts";
import { emitRelocate } from "../compartment/words.ts";
import { State } from "./state.ts";
import { emitErrorCheck, emitSystemCall, MAP_RESERVED, Protection, SystemCall } from "./system-call.ts";

/** Below the native stack: a frame that is larger probes its pages, so nothing steps over it. */
export const STACK_GUARD_BYTES = 1024 * 1024;
const PAGE_MASK = 4095;
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const GRND_NONBLOCK = 1;

/** The process ends when the one that started it does. */
export function emitParentWatch(a: Shorthand): void {
  a.set(RDI, PR_SET_PDEATHSIG);
  a.set(RSI, SIGKILL);
  emitSystemCall(a, SystemCall.Prctl);
}

/** `scratch`: 4 bytes of the state. */
export function emitMemories(
  a: Shorthand,
  parts: LinkedParts,
  records: Records,
  failed: number,
  scratch: number = State.Scratch,
): void {
  emitLoop(
    a,
    parts.memories.length,
    () => {
      a.placeAddress(R12, Place.ReadOnly, records.memories);
      a.placeAddress(R13, Place.MemoryBases);
    },
    () => {
      a.load(RSI, R12, MemoryRecord.Reserved);
      emitMap(a, Protection.None, failed);
      a.load(R9, R12, MemoryRecord.Base);
      a.add(R9, RAX);
      a.placeAddress(RDI, Place.State, scratch);
      a.set(RSI, 4);
      a.set(RDX, GRND_NONBLOCK);
      emitSystemCall(a, SystemCall.Getrandom);
      a.loadPlace(RAX, Place.State, scratch);
      a.ri(AND32.rmImm32, RAX, (RANDOM_BYTES - 1) & ~PAGE_MASK);
      a.add(R9, RAX);
      a.store(R13, 0, R9);

      a.load(RDX, R12, MemoryRecord.Contexts);
      a.move(RDI, R9);
      a.subtract(RDI, RDX);
      a.load(RSI, R12, MemoryRecord.Committed);
      a.add(RSI, RDX);
      a.set(RDX, Protection.ReadWrite);
      emitSystemCall(a, SystemCall.Mprotect);
      emitErrorCheck(a, failed);
      a.addConstant(R12, MemoryRecord.Size);
      a.addConstant(R13, 8);
    },
  );
}

export function emitTables(a: Shorthand, parts: LinkedParts, records: Records, failed: number): void {
  emitLoop(
    a,
    parts.tables.length,
    () => {
      a.placeAddress(R12, Place.ReadOnly, records.tables);
      a.placeAddress(R13, Place.TableAddresses);
    },
    () => {
      a.load(RSI, R12, TableRecord.Bytes);
      emitMap(a, Protection.ReadWrite, failed);
      a.store(R13, 0, RAX);
      a.addConstant(R12, TableRecord.Size);
      a.addConstant(R13, 8);
    },
  );
}

export function emitWords(a: Shorthand, parts: LinkedParts, records: Records): void {
  emitLoop(
    a,
    parts.words.length,
    () => {
      a.placeAddress(R12, Place.ReadOnly, records.words);
      a.placeAddress(R8, Place.MemoryBases);
      a.placeAddress(R9, Place.TableAddresses);
    },
    () => {
      a.load(RAX, R12, WordRecord.Value);
      a.load32(RDX, R12, WordRecord.Index);
      a.load32(RCX, R12, WordRecord.Base);
      emitRelocate(a, { value: RAX, base: RCX, index: RDX, memories: R8, tables: R9 });
      a.load32(RDI, R12, WordRecord.Memory);
      a.rm(MOV64.regRm, RDI, R8, RDI, 8, 0);
      a.rm(MOVSX32TO64, RSI, R12, ABSENT, 1, WordRecord.Displacement);
      a.rm(MOV64.rmReg, RAX, RDI, RSI, 1, 0);
      a.addConstant(R12, WordRecord.Size);
    },
  );
}

/** `bounds`: offset in the state of three addresses: the guard's first byte, the stack's first, one past its last. */
export function emitStack(
  a: Shorthand,
  stackBytes: number,
  failed: number,
  bounds: number = State.GuardStart,
): void {
  a.set(RSI, STACK_GUARD_BYTES + stackBytes);
  emitMap(a, Protection.None, failed);
  a.storePlace(Place.State, bounds, RAX);
  a.address(RDI, RAX, STACK_GUARD_BYTES);
  a.storePlace(Place.State, bounds + 8, RDI);
  a.set(RSI, stackBytes);
  a.address(RAX, RDI, stackBytes);
  a.storePlace(Place.State, bounds + 16, RAX);
  a.set(RDX, Protection.ReadWrite);
  emitSystemCall(a, SystemCall.Mprotect);
  emitErrorCheck(a, failed);
}

/** rsi: bytes. The address comes in rax. */
function emitMap(a: Shorthand, protection: Protection, failed: number): void {
  a.set(RDI, 0);
  a.set(RDX, protection);
  a.set(R10, MAP_RESERVED);
  a.set(R8, -1);
  a.set(R9, 0);
  emitSystemCall(a, SystemCall.Mmap);
  emitErrorCheck(a, failed);
}

/** r14 counts down; the body may change every other register but rsp. */
function emitLoop(a: Shorthand, count: number, head: () => void, body: () => void): void {
  if (count === 0) return;
  const again = a.label();
  head();
  a.ri(MOV32.regImm32, R14, count);
  a.bind(again);
  body();
  a.addConstant(R14, -1);
  a.branch(Condition.NotEqual, again);
}
