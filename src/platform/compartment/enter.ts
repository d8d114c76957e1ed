/**
 * The kernel's way into a compartment and back: `compartment.enter`, `suspend`, `resume`.
 *
 * Everything that was so before lies in one frame on the kernel's stack, so entries nest, and whatever happens inside,
 * `leave` finds the way back by `Live.KernelStack` alone:
 *
 *   rsp = Live.KernelStack ─► 0   what the outer service call has lent
 *   (a multiple of 16)        32  outer Live.Current
 *                             40  outer Live.KernelStack
 *                             48  this compartment's outer Control.Stack
 *                             56  r15 r14 r13 r12 rbx rbp
 *                             104 return address
 *
 * rbx says who runs. It holds the compartment's base only while all of this is in order, because a fault or a tick may
 * come at every instruction, and goes to `leave` when rbx is the compartment's.
 *
 * A suspended compartment keeps on its own stack: r11 (where its gate goes on), r15 to r12, rbp.
 */
import { EnterStatus } from "../../abi/entry.ts";
import { Relocation } from "../../abi/object.ts";
import { ENTRY_NAMES } from "../../abi/services.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import {
  Condition,
  MEMORY_BASE,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  R8,
  R9,
  RAX,
  RBP,
  RBX,
  RCX,
  RDX,
  RSI,
  RSP,
} from "../../x64/register.ts";
import {
  ADC64,
  AND64,
  CALL,
  CMP64,
  DEC64,
  INC64,
  JMP,
  LEA64,
  MOV32,
  MOVUPS,
  POP,
  PUSH,
  SHL64,
  TEST64,
  XORPS,
} from "../../x64/tables/index.ts";
import { begin, compareState, emitFault, functionPlace, kernelMemory, loadMemoryBase } from "./code.ts";
import type { Code } from "./code.ts";
import { compartmentCount, isReplicated } from "./plan.ts";
import { Control, LENDS_BYTES, Live, RECORD_BYTES, StackBounds, Waiting } from "./state.ts";

const enum Frame {
  Lends = 0,
  ControlStack = 48,
}
const SAVED = [RBP, RBX, R12, R13, R14, R15];
/** Of the table of entries: u32 code offsets, 0 where there is none. Four times a record, for one index serves both. */
const ENTRIES_BYTES = 4 * RECORD_BYTES;
const VECTOR_BYTES = 16;

/** `enter`, with `enterCode` and `leave` behind it. */
export function emitEnter(code: Code): void {
  const { a, labels, readOnly, plan, records } = code;
  const [bad, absent, notReady] = [a.label(), a.label(), a.label()];
  const entries = readOnly.addWords(entryOffsets(code));
  a.compareConstant(RAX, compartmentCount(plan));
  a.branch(Condition.AboveOrEqual, bad);
  a.compareConstant(RDX, ENTRY_NAMES.length);
  a.branch(Condition.AboveOrEqual, absent);
  emitRecord(a);
  a.placeAddress(R9, Place.ReadOnly, entries);
  // Compartments of one kind have one row.
  if (!isReplicated(plan)) a.rm(LEA64, R9, R9, RAX, ENTRIES_BYTES / RECORD_BYTES, 0);
  a.rm(MOV32.regRm, R10, R9, RDX, 4, 0);
  a.test(R10);
  a.branch(Condition.Equal, absent);
  a.codeBase(R11);
  a.add(R11, R10);
  a.rr(MOV32.regRm, RAX, RCX);
  a.rr(MOV32.regRm, RDX, RSI);

  // r8: the compartment's record, r11: a function of two i32 at most, rax, rdx: its arguments.
  // rax: an `EnterStatus`, rdx: the function's result.
  a.bind(labels.enterCode);
  a.load(RCX, R8, records.controls + Control.Status);
  a.test(RCX);
  a.branch(Condition.NotEqual, notReady);
  const ready = a.label();
  a.bind(ready);
  emitFrame(code);
  a.load(RSP, R8, records.controls + Control.Stack);
  a.ri(AND64.rmImm8, RSP, -16);
  a.load(MEMORY_BASE, R8, records.fixed + StackBounds.Memory);
  a.r(CALL, R11);
  a.move(RDX, RAX);
  a.set(RAX, EnterStatus.Returned);
  emitLeave(code);

  a.bind(notReady);
  a.compareConstant(RCX, EnterStatus.Suspended);
  a.branch(Condition.Equal, ready);
  a.move(RAX, RCX);
  a.ret();
  a.bind(absent);
  a.set(RAX, EnterStatus.Absent);
  a.ret();
  emitFault(a, bad);
}

function entryOffsets(code: Code): number[] {
  const words = ENTRIES_BYTES / 4;
  if (ENTRY_NAMES.length > words) throw new Error(`a compartment has room for ${words} entries`);
  return code.plan.compartments.flatMap(({ entries }) =>
    Array.from({ length: words }, (_, at) => {
      const name = entries[at];
      return name === undefined ? 0 : functionPlace(code, name).code;
    }),
  );
}

/** rax: a compartment. r8: its record; rax: that from the first one. */
export function emitRecord(a: Shorthand): void {
  a.ri(SHL64.imm8, RAX, Math.log2(RECORD_BYTES));
  a.placeAddress(R8, Place.State);
  a.add(R8, RAX);
}

/** r8: the compartment's record. Changes vectors and flags. */
function emitFrame({ a, records }: Code): void {
  for (const register of SAVED) a.push(register);
  a.m(PUSH.rm, R8, ABSENT, 1, records.controls + Control.Stack);
  a.rip(PUSH.rm, 0, Relocation.DataSegment, Place.State, Live.KernelStack);
  a.rip(PUSH.rm, 0, Relocation.DataSegment, Place.State, Live.Current);
  a.addConstant(RSP, -LENDS_BYTES);
  const vectors = LENDS_BYTES / VECTOR_BYTES;
  for (let at = 0; at < vectors; at++) {
    a.rip(MOVUPS.regRm, at, Relocation.DataSegment, Place.State, Live.Lends + at * VECTOR_BYTES);
    a.rm(MOVUPS.rmReg, at, RSP, ABSENT, 1, Frame.Lends + at * VECTOR_BYTES);
  }
  a.rr(XORPS, 0, 0);
  for (let at = 0; at < vectors; at++) {
    a.rip(MOVUPS.rmReg, 0, Relocation.DataSegment, Place.State, Live.Lends + at * VECTOR_BYTES);
  }
  // Counts entries from the outermost level: the carry says that nothing was entered.
  compareState(a, Live.Current, 1);
  a.rip(ADC64.rmImm8, 0, Relocation.DataSegment, Place.State, Live.Entries, 0);
  a.storePlace(Place.State, Live.KernelStack, RSP);
  a.storePlace(Place.State, Live.Current, R8);
  a.m(INC64, R8, ABSENT, 1, records.controls + Control.Depth);
}

/** From anywhere inside the entry. rax: its status, rdx: its result. */
function emitLeave(code: Code): void {
  const { a, labels, records } = code;
  a.bind(labels.leave);
  // First: from here on the kernel runs, and nothing unwinds it.
  loadMemoryBase(a, MEMORY_BASE, kernelMemory(code));
  a.loadPlace(RSP, Place.State, Live.KernelStack);
  a.loadPlace(R8, Place.State, Live.Current);
  a.m(DEC64, R8, ABSENT, 1, records.controls + Control.Depth);
  for (let at = 0; at < LENDS_BYTES / VECTOR_BYTES; at++) {
    a.rm(MOVUPS.regRm, at, RSP, ABSENT, 1, Frame.Lends + at * VECTOR_BYTES);
    a.rip(MOVUPS.rmReg, at, Relocation.DataSegment, Place.State, Live.Lends + at * VECTOR_BYTES);
  }
  a.addConstant(RSP, LENDS_BYTES);
  a.rip(POP.rm, 0, Relocation.DataSegment, Place.State, Live.Current);
  a.rip(POP.rm, 0, Relocation.DataSegment, Place.State, Live.KernelStack);
  a.m(POP.rm, R8, ABSENT, 1, records.controls + Control.Stack);
  for (const register of SAVED.toReversed()) a.pop(register);
  a.ret();
}

/** `suspend`, and where a gate goes whose service called it, or whose compartment's time is over. */
export function emitSuspend(code: Code): void {
  const { a, labels, records } = code;
  const bad = a.label();
  // Of the compartment whose call this is: what the call enters from now on is not meant.
  a.loadPlace(R8, Place.State, Live.Current);
  a.test(R8);
  a.branch(Condition.Equal, bad);
  a.set(RCX, Waiting.Suspended);
  a.store(R8, records.controls + Control.Waiting, RCX);
  a.ret();
  emitFault(a, bad);

  // r11: where the gate goes on once it is resumed; rax or xmm0: the result. rbp, r12 to r15 are the app's still.
  begin(a, labels.waiting);
  const [nested, suspended] = [a.label(), a.label()];
  a.loadPlace(R8, Place.State, Live.Current);
  a.mi(TEST64.rmImm32, R8, ABSENT, 1, records.controls + Control.Waiting, Waiting.Suspended);
  a.branch(Condition.NotEqual, suspended);
  a.call(labels.overdue);
  a.load(RSP, R8, records.controls + Control.Stack);
  a.load(MEMORY_BASE, R8, records.fixed + StackBounds.Memory);
  a.ret();
  a.bind(suspended);
  a.set(RDX, 0);
  a.store(R8, records.controls + Control.Waiting, RDX);
  a.loadPlace(RCX, Place.State, Live.KernelStack);
  // An entry within a service call of the same compartment has no stack of its own to wait on.
  a.load(RDX, RCX, Frame.ControlStack);
  a.rm(CMP64.regRm, RDX, R8, ABSENT, 1, records.fixed + StackBounds.End);
  a.branch(Condition.NotEqual, nested);
  // What its stack has no room or page for is its own fault.
  a.load(MEMORY_BASE, R8, records.fixed + StackBounds.Memory);
  a.load(RSP, R8, records.controls + Control.Stack);
  for (const register of [RBP, R12, R13, R14, R15, R11]) a.push(register);
  a.store(RCX, Frame.ControlStack, RSP);
  a.set(RAX, EnterStatus.Suspended);
  a.store(R8, records.controls + Control.Status, RAX);
  a.set(RDX, 0);
  a.jump(labels.leave);
  emitFault(a, nested);
}

/** rax: compartment, rdx: result. rax: an `EnterStatus`. */
export function emitResume(code: Code): void {
  const { a, plan, records } = code;
  const [bad, dead] = [a.label(), a.label()];
  a.compareConstant(RAX, compartmentCount(plan));
  a.branch(Condition.AboveOrEqual, bad);
  emitRecord(a);
  a.load(RCX, R8, records.controls + Control.Status);
  a.test(RCX);
  a.branch(Condition.Equal, bad);
  a.compareConstant(RCX, EnterStatus.Suspended);
  a.branch(Condition.NotEqual, dead);
  a.load(RCX, R8, records.controls + Control.Depth);
  a.test(RCX);
  a.branch(Condition.NotEqual, bad);
  a.store(R8, records.controls + Control.Status, RCX);
  a.load(R11, R8, records.controls + Control.Stack);
  a.load(RCX, R8, records.fixed + StackBounds.End);
  a.store(R8, records.controls + Control.Stack, RCX);
  emitFrame(code);
  a.move(RAX, RDX);
  a.move(RSP, R11);
  for (const register of [R11, R15, R14, R13, R12, RBP]) a.pop(register);
  a.load(MEMORY_BASE, R8, records.fixed + StackBounds.Memory);
  a.r(JMP, R11);
  a.bind(dead);
  a.move(RAX, RCX);
  a.ret();
  emitFault(a, bad);
}
