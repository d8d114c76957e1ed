/**
 * Many compartments of one kind: memories and stacks of their own, over one initial content.
 *
 * What all begin with lies once in a file that has no name (`memfd_create`), and every memory maps it copy-on-write: a
 * page costs memory once its compartment has written to it. One more view of the file can be read alone, at a place that
 * the system draws: what a restart copies from (`renewal.ts`).
 *
 *   slot, 64 GiB   ┌──────┬────────────────────┬───────┬─────────────┬───────┬──────────┬───────┐
 *                  │ ...  │ contexts, 6 GiB    │ guard │     ...     │ guard │ stack    │  ...  │
 *                  └──────┴────────────────────┴───────┴─────────────┴───────┴──────────┴───────┘
 *                  0      ▲ random page, 23 bits       40 GiB        ▲ random page, 22 bits
 *
 * The system is asked for those places and may give others: no compartment's address says where another one's is.
 *
 * Tests: several.test.ts
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R12, R13, R14, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { AND64, LEA64, MOV64, SHL64 } from "../../x64/tables/index.ts";
import { compartmentMemory, type Code } from "../compartment/code.ts";
import { compartmentCount } from "../compartment/plan.ts";
import { RECORD_BYTES, StackBounds } from "../compartment/state.ts";
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import type { PlacedExtent } from "./image-memory.ts";
import { ImageFixed, PAGE_BYTES, SCRATCH } from "./image-state.ts";
import { MEMORY_GUARD_BYTES, reservationOf } from "./records.ts";
import { STACK_GUARD_BYTES } from "./start.ts";
import { emitErrorCheck, emitSystemCall, MAP_RESERVED, Protection, SystemCall } from "./system-call.ts";

const SLOTS_START = 1n << 40n;
const SLOT_SHIFT = 36;
/** Of a base in its slot. */
const MEMORY_RANDOM = (1n << 35n) - 4096n;
const STACKS_START = 40n << 30n;
const STACK_RANDOM = (1n << 34n) - 4096n;

const MFD_CLOEXEC = 1;
const GRND_NONBLOCK = 1;
const PR_SET_THP_DISABLE = 41;
/** MAP_PRIVATE | MAP_FIXED */
const MAP_OVER = 0x02 | 0x10;
/** The file is found in /proc by it. */
const FILE_NAME = "skerry\0";

const RECORD = R12;
const NUMBER = R13;
const FILE = R14;

/** Start-up, while every system call may be made. `extents`: what the memory of the kind begins with. */
export function emitReplicas(code: Code, extents: readonly PlacedExtent[], failed: number): void {
  const { a, parts, plan, records, readOnly } = code;
  const [kind] = plan.compartments;
  const memory = parts.memories[compartmentMemory(code, 0)]!;
  const next = a.label();
  const { contexts } = reservationOf(memory);
  const bytes = contexts + memory.pages * WASM_PAGE_BYTES;
  // A large page would be given to a compartment that has touched 4 KiB of it.
  a.set(RDI, PR_SET_THP_DISABLE);
  a.set(RSI, 1);
  for (const register of [RDX, R10, R8]) a.set(register, 0);
  emitSystemCall(a, SystemCall.Prctl);
  emitFile(a, readOnly.addText(FILE_NAME), extents, failed);
  a.placeAddress(RECORD, Place.State);
  a.set(NUMBER, 0);
  a.set(RDI, 0);
  a.set(RSI, bytes);
  emitReserve(a, Protection.Read, failed);
  a.storePlace(Place.State, ImageFixed.InitialView, RAX);
  emitExtents(a, extents, Protection.Read, failed, (to) => {
    a.loadPlace(to, Place.State, ImageFixed.InitialView);
    a.addConstant(to, contexts);
  });
  a.bind(next);
  emitRandom(a);
  emitMemory(code, memory, extents, failed);
  emitReplicaStack(code, kind!.stackBytes, failed);
  a.addConstant(RECORD, RECORD_BYTES);
  a.addConstant(NUMBER, 1);
  a.compareConstant(NUMBER, compartmentCount(plan));
  a.branch(Condition.Below, next);
  a.move(RDI, FILE);
  emitSystemCall(a, SystemCall.Close);
  // The linker's words go by the first one.
  a.placeAddress(RECORD, Place.State);
  a.load(RAX, RECORD, records.fixed + StackBounds.Memory);
  a.storePlace(Place.MemoryBases, compartmentMemory(code, 0) * 8, RAX);
}

/** The file of what memories begin with, extent after extent, each from a page on. r14: its descriptor. */
function emitFile(a: Shorthand, name: number, extents: readonly PlacedExtent[], failed: number): void {
  a.placeAddress(RDI, Place.ReadOnly, name);
  a.set(RSI, MFD_CLOEXEC);
  emitSystemCall(a, SystemCall.MemfdCreate);
  emitErrorCheck(a, failed);
  a.move(FILE, RAX);
  for (const { sizeBytes, offset, fileOffset } of extents) {
    a.move(RDI, FILE);
    a.placeAddress(RSI, Place.ReadOnly, offset);
    a.set(RDX, sizeBytes);
    a.set(R10, fileOffset);
    emitSystemCall(a, SystemCall.Pwrite);
    a.compareConstant(RAX, sizeBytes);
    a.branch(Condition.NotEqual, failed);
  }
}

/** Two random words, at `SCRATCH`. */
function emitRandom(a: Shorthand): void {
  a.placeAddress(RDI, Place.State, SCRATCH);
  a.set(RSI, 16);
  a.set(RDX, GRND_NONBLOCK);
  emitSystemCall(a, SystemCall.Getrandom);
}

/** Address in this compartment's slot. rdi. Changes rcx. */
function emitHint(a: Shorthand, word: number, mask: bigint, start: bigint): void {
  a.loadPlace(RDI, Place.State, SCRATCH + word * 8);
  emitConstant(a, RCX, mask);
  a.rr(AND64.regRm, RDI, RCX);
  emitConstant(a, RCX, start);
  a.add(RDI, RCX);
  a.move(RCX, NUMBER);
  a.ri(SHL64.imm8, RCX, SLOT_SHIFT);
  a.add(RDI, RCX);
}

function emitConstant(a: Shorthand, to: number, value: bigint): void {
  a.ri64(MOV64.regImm64, to, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
}

/** rdi: where, if that is free, rsi: bytes. rax: where. */
function emitReserve(a: Shorthand, protection: Protection, failed: number): void {
  a.set(RDX, protection);
  a.set(R10, MAP_RESERVED);
  a.set(R8, -1);
  a.set(R9, 0);
  emitSystemCall(a, SystemCall.Mmap);
  emitErrorCheck(a, failed);
}

function emitMemory(
  { a, records }: Code,
  memory: Code["parts"]["memories"][number],
  extents: readonly PlacedExtent[],
  failed: number,
): void {
  const { contexts, reservedBytes } = reservationOf(memory);
  const base = records.fixed + StackBounds.Memory;
  emitHint(a, 0, MEMORY_RANDOM, SLOTS_START);
  emitConstant(a, RSI, BigInt(reservedBytes));
  emitReserve(a, Protection.None, failed);
  a.addConstant(RAX, MEMORY_GUARD_BYTES + contexts);
  a.store(RECORD, base, RAX);
  a.address(RDI, RAX, -contexts);
  a.set(RSI, contexts + memory.pages * WASM_PAGE_BYTES);
  a.set(RDX, Protection.ReadWrite);
  emitSystemCall(a, SystemCall.Mprotect);
  emitErrorCheck(a, failed);
  emitExtents(a, extents, Protection.ReadWrite, failed, (to) => a.load(to, RECORD, base));
}

/** The file's content in its place over a memory, whose base `loadBase` loads. */
function emitExtents(
  a: Shorthand,
  extents: readonly PlacedExtent[],
  protection: Protection,
  failed: number,
  loadBase: (to: number) => void,
): void {
  for (const { displacement, sizeBytes, fileOffset } of extents) {
    loadBase(RDI);
    a.rm(LEA64, RDI, RDI, ABSENT, 1, displacement);
    a.set(RSI, Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES);
    a.set(RDX, protection);
    a.set(R10, MAP_OVER);
    a.move(R8, FILE);
    a.set(R9, fileOffset);
    emitSystemCall(a, SystemCall.Mmap);
    emitErrorCheck(a, failed);
  }
}

function emitReplicaStack({ a, records }: Code, stackBytes: number, failed: number): void {
  emitHint(a, 1, STACK_RANDOM, SLOTS_START + STACKS_START);
  a.set(RSI, STACK_GUARD_BYTES + stackBytes);
  emitReserve(a, Protection.None, failed);
  a.store(RECORD, records.fixed + StackBounds.Guard, RAX);
  a.address(RDI, RAX, STACK_GUARD_BYTES);
  a.store(RECORD, records.fixed + StackBounds.Start, RDI);
  a.set(RSI, stackBytes);
  a.address(RAX, RDI, stackBytes);
  a.store(RECORD, records.fixed + StackBounds.End, RAX);
  a.set(RDX, Protection.ReadWrite);
  emitSystemCall(a, SystemCall.Mprotect);
  emitErrorCheck(a, failed);
}
