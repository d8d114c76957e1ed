/**
 * Exceptions and interrupts: pages given when touched, everything else told to ring 3 by one upcall.
 *
 * A fault of the keel's own, a double fault and a machine check end the machine with a line on the console: nothing can
 * be trusted then.
 */
import { OUT_OF_MEMORY, TIMER_VECTOR, UpcallFrame } from "../abi/boot.ts";
import { MemoryHeader } from "../abi/object.ts";
import { ABSENT } from "../x64/encoder.ts";
import {
  Condition,
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
  RDI,
  RDX,
  RSI,
  RSP,
} from "../x64/register.ts";
import {
  ADD64,
  AND64,
  CMP64,
  INVLPG,
  IRETQ,
  MOV64,
  OR64,
  PUSH,
  REP_MOVSQ,
  REP_STOSQ,
  SUB64,
  TEST32,
  TEST64,
} from "../x64/tables/index.ts";
import { emitFrame, emitStubs, Frame, PAGE_FAULT, type StubLabels } from "./stubs.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, Entry, KEPT_FRAMES, PAGE_BYTES, Window, WindowFlag, WindowKind } from "./layout.ts";
import type { KeelReplicas } from "./image-table.ts";
import { NO_EXECUTE, type PagingLabels } from "./paging.ts";
import { emitFindReplica } from "./replicas.ts";
import { emitEndOfInterrupt, emitSlice } from "./timer.ts";

const RING = 3;
/** #PF's error code: the page was present; the access was a write. */
const FAULT_PRESENT = 1;
const FAULT_WRITE = 2;

export interface FaultLabels extends PagingLabels, StubLabels {
  readonly windowCount: number;
  /** Windows above all others, and where they begin. */
  readonly replicas: KeelReplicas | undefined;
  readonly replicasStart: bigint;
}

export function emitFaults(a: KeelAssembler, labels: FaultLabels): void {
  const [pageFault, timer, device] = a.labels(3);
  emitStubs(a, labels, { pageFault, timer, device });
  emitPageFault(a, labels, pageFault);
  emitUpcall(a, labels);
  emitInterrupts(a, labels, timer, device);
}

const SCRATCH_REGISTERS = [RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11];
/** As `UpcallFrame.Registers` has them; rsp stands for itself. */
const ALL_REGISTERS = [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15];

function emitPageFault(a: KeelAssembler, labels: FaultLabels, label: number): void {
  const failed = a.label();
  const resolve = a.label();
  const error = SCRATCH_REGISTERS.length * 8 + Frame.Error;
  a.begin(label);
  a.resetFlags();
  a.i(PUSH.imm8, PAGE_FAULT);
  for (const register of SCRATCH_REGISTERS) a.push(register);
  a.allowUserAccess();
  a.load(RDX, RSP, error);
  a.call(resolve);
  a.test(RAX);
  a.branch(Condition.Equal, failed);
  for (const register of SCRATCH_REGISTERS.toReversed()) a.pop(register);
  a.addConstant(RSP, Frame.InstructionPointer);
  a.none(IRETQ);
  a.bind(failed);
  a.rm(OR64.rmReg, RCX, RSP, ABSENT, 1, error);
  for (const register of SCRATCH_REGISTERS.toReversed()) a.pop(register);
  a.jump(labels.upcall);
  emitResolve(a, labels, resolve);
}

/** rdx: error code. rax: 1; or 0, and in rcx what is added to the error code. Changes all scratch registers. */
function emitResolve(a: KeelAssembler, labels: FaultLabels, label: number): void {
  const [next, found, above, give, refuse, present, exhausted, beyond] = a.labels(8);
  a.begin(label);
  a.loadControl(RAX, 2);
  a.dataAddress(RSI, Data.Windows);
  a.set(RCX, labels.windowCount);
  a.bind(next);
  a.addConstant(RCX, -1);
  a.branch(Condition.Sign, labels.replicas === undefined ? refuse : beyond);
  a.rm(CMP64.regRm, RAX, RSI, ABSENT, 1, Window.End);
  a.branch(Condition.Below, found); // windows stand in the order of their addresses
  a.addConstant(RSI, Window.Size);
  a.jump(next);
  a.bind(found);
  a.rm(CMP64.regRm, RAX, RSI, ABSENT, 1, Window.Start);
  a.branch(Condition.Below, refuse);
  a.move(RDI, RAX);
  a.ri(AND64.rmImm32, RDI, -PAGE_BYTES);
  a.ri(TEST32.rmImm32, RDX, FAULT_PRESENT);
  a.branch(Condition.NotEqual, present);
  a.rm(SUB64.regRm, RAX, RSI, ABSENT, 1, Window.Base);
  a.branch(Condition.AboveOrEqual, above);
  a.rm(ADD64.regRm, RAX, RSI, ABSENT, 1, Window.Below);
  a.branch(Condition.Below, give); // carried: not below what belongs to it
  a.jump(refuse);
  a.bind(above);
  a.load32(RCX, RSI, Window.Kind);
  a.compareConstant(RCX, WindowKind.Memory);
  a.branch(Condition.Above, give);
  a.branch(Condition.NotEqual, refuse);
  a.load(RCX, RSI, Window.Base);
  a.rm(CMP64.regRm, RAX, RCX, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.AboveOrEqual, refuse);
  a.bind(give);
  emitGive(a, labels, exhausted);
  a.bind(present);
  emitCopyOnWrite(a, labels, refuse, exhausted);
  a.bind(refuse);
  a.set(RAX, 0);
  a.set(RCX, 0);
  a.ret();
  if (labels.replicas !== undefined) {
    a.bind(beyond);
    emitFindReplica(a, labels.replicas, labels.replicasStart, refuse);
    a.jump(found);
  }
  a.bind(exhausted);
  a.set(RAX, 0);
  a.set(RCX, OUT_OF_MEMORY);
  a.ret();
}

/**
 * rsi: window, rdi: page. Gives it a zeroed frame, or the one pinned there as it is: a device may have written to it,
 * and nobody had it before. Returns.
 */
function emitGive(a: KeelAssembler, labels: FaultLabels, exhausted: number): void {
  const [free, place] = a.labels(2);
  a.move(RCX, RDI);
  a.rm(SUB64.regRm, RCX, RSI, ABSENT, 1, Window.Base);
  a.shiftRight(RCX, 12);
  a.load32(R8, RSI, Window.PinnedPage);
  a.subtract(RCX, R8);
  a.load32(R8, RSI, Window.PinnedPages);
  a.compare(RCX, R8);
  a.branch(Condition.AboveOrEqual, free);
  a.shiftLeft(RCX, 12);
  a.load(RAX, RSI, Window.PinnedFrame);
  a.add(RAX, RCX);
  a.call(place);
  emitCountPage(a);
  a.bind(free);
  emitTake(a, labels, exhausted);
  a.call(place);
  a.set(RAX, 0);
  a.set(RCX, PAGE_BYTES / 8);
  a.none(REP_STOSQ);
  emitCountPage(a);

  // rax: the frame. Goes on in the caller, or there is no frame for a table.
  const mapped = a.label();
  a.bind(place);
  a.push(RSI);
  a.set64(RSI, PRIVATE_ENTRY);
  a.or(RSI, RAX);
  a.call(labels.map);
  a.pop(RSI);
  a.test(RAX);
  a.branch(Condition.NotEqual, mapped);
  a.addConstant(RSP, 8);
  a.jump(exhausted);
  a.bind(mapped);
  a.ret();
}

/** rsi: window. rax: a frame. */
function emitTake(a: KeelAssembler, { takeFrame }: FaultLabels, exhausted: number): void {
  const kernel = a.label();
  a.mi(TEST32.rmImm32, RSI, ABSENT, 1, Window.Flags, WindowFlag.Kernel);
  a.branch(Condition.NotEqual, kernel);
  a.data(CMP64.rmImm32, 0, Data.FrameCount, KEPT_FRAMES);
  a.branch(Condition.BelowOrEqual, exhausted);
  a.bind(kernel);
  a.call(takeFrame);
  a.test(RAX);
  a.branch(Condition.Equal, exhausted);
}

/** rsi: window, rdi: page that is there, rdx: error code. Gives it a copy of its own; returns. */
function emitCopyOnWrite(a: KeelAssembler, labels: FaultLabels, refuse: number, exhausted: number): void {
  a.ri(TEST32.rmImm32, RDX, FAULT_WRITE);
  a.branch(Condition.Equal, refuse);
  a.call(labels.entryOf);
  a.mi(TEST64.rmImm32, R10, ABSENT, 1, 0, Entry.CopyOnWrite);
  a.branch(Condition.Equal, refuse);
  emitTake(a, labels, exhausted);
  a.call(labels.scratch);
  a.push(RSI);
  a.push(RDI);
  a.move(RSI, RDI);
  a.move(RDI, RDX);
  a.set(RCX, PAGE_BYTES / 8);
  a.none(REP_MOVSQ);
  a.pop(RDI);
  a.pop(RSI);
  a.set64(RCX, PRIVATE_ENTRY);
  a.or(RAX, RCX);
  a.store(R10, 0, RAX);
  a.m(INVLPG, RDI, ABSENT, 1, 0);
  emitCountPage(a);
}

const PRIVATE_ENTRY = NO_EXECUTE | BigInt(Entry.Present | Entry.Write | Entry.User);

function emitCountPage(a: KeelAssembler): void {
  a.mi(ADD64.rmImm32, RSI, ABSENT, 1, Window.Pages, 1);
  a.set(RAX, 1);
  a.ret();
}

function emitUpcall(a: KeelAssembler, { upcall, panic }: FaultLabels): void {
  const [unset, busy, back, fatal] = a.labels(4);
  const saved = ALL_REGISTERS.length * 8;
  a.begin(upcall);
  a.mi(TEST32.rmImm32, RSP, ABSENT, 1, Frame.CodeSegment, RING);
  a.branch(Condition.Equal, panic);
  for (const register of ALL_REGISTERS.toReversed()) a.push(register);
  a.loadData(RDI, Data.UpcallFrame);
  a.test(RDI);
  a.branch(Condition.Equal, unset);
  a.allowUserAccess();
  a.mi(CMP64.rmImm32, RDI, ABSENT, 1, UpcallFrame.Busy, 0);
  a.branch(Condition.NotEqual, busy);
  a.mi(MOV64.rmImm32, RDI, ABSENT, 1, UpcallFrame.Busy, 1);
  const fields: readonly (readonly [Frame, UpcallFrame])[] = [
    [Frame.Vector, UpcallFrame.Vector],
    [Frame.Error, UpcallFrame.Error],
    [Frame.InstructionPointer, UpcallFrame.InstructionPointer],
    [Frame.Flags, UpcallFrame.Flags],
    [Frame.StackPointer, UpcallFrame.StackPointer],
  ];
  for (const [from, to] of fields) {
    a.load(RAX, RSP, saved + from);
    a.store(RDI, to, RAX);
  }
  a.loadControl(RAX, 2);
  a.store(RDI, UpcallFrame.Address, RAX);
  a.move(RSI, RSP);
  a.addConstant(RDI, UpcallFrame.Registers);
  a.set(RCX, ALL_REGISTERS.length);
  a.none(REP_MOVSQ);
  a.addConstant(RSP, saved + Frame.InstructionPointer);
  a.loadData(RAX, Data.UpcallHandler);
  a.store(RSP, 0, RAX);
  a.set(RAX, USER_FLAGS);
  a.store(RSP, Frame.Flags - Frame.InstructionPointer, RAX);
  a.loadData(RAX, Data.UpcallStack);
  a.store(RSP, Frame.StackPointer - Frame.InstructionPointer, RAX);
  a.loadData(RDI, Data.UpcallFrame);
  a.set(RSI, 0); // it held an address of the keel's
  a.none(IRETQ);

  // A time slice that ends while ring 3 does not listen is no fault.
  a.bind(unset);
  a.bind(busy);
  a.mi(CMP64.rmImm32, RSP, ABSENT, 1, saved + Frame.Vector, TIMER_VECTOR);
  a.branch(Condition.Equal, back);
  a.bind(fatal);
  a.addConstant(RSP, saved);
  a.jump(panic);
  a.bind(back);
  for (const register of ALL_REGISTERS) {
    if (register === RSP) a.addConstant(RSP, 8);
    else a.pop(register);
  }
  a.addConstant(RSP, Frame.InstructionPointer);
  a.none(IRETQ);
}

function emitInterrupts(a: KeelAssembler, { upcall }: FaultLabels, timer: number, device: number): void {
  const user = a.label();
  a.begin(timer);
  emitFrame(a, TIMER_VECTOR);
  a.setData(Data.TimerAt, 0);
  emitEndOfInterrupt(a);
  a.mi(TEST32.rmImm32, RSP, ABSENT, 1, Frame.CodeSegment, RING);
  a.branch(Condition.NotEqual, user);
  a.addConstant(RSP, Frame.InstructionPointer);
  a.none(IRETQ);
  a.bind(user);
  for (const register of [RAX, RCX, RDX]) a.push(register);
  emitSlice(a);
  for (const register of [RDX, RCX, RAX]) a.pop(register);
  a.jump(upcall);

  a.begin(device);
  a.resetFlags();
  a.setData(Data.IsWoken, 1);
  emitEndOfInterrupt(a);
  a.none(IRETQ);
}

/** `KeelCall.Resume`: what the upcall interrupted goes on. rsp: a return address above the frame of `int3`. */
export function emitResume(a: KeelAssembler): void {
  const frame = (field: Frame) => field - Frame.InstructionPointer;
  a.addConstant(RSP, 8);
  a.allowUserAccess();
  a.loadData(RDI, Data.UpcallFrame);
  a.load(RAX, RDI, UpcallFrame.InstructionPointer);
  a.store(RSP, frame(Frame.InstructionPointer), RAX);
  a.load(RAX, RDI, UpcallFrame.StackPointer);
  a.store(RSP, frame(Frame.StackPointer), RAX);
  a.load(RAX, RDI, UpcallFrame.Flags);
  a.ri(AND64.rmImm32, RAX, ARITHMETIC_FLAGS);
  a.ri(OR64.rmImm32, RAX, USER_FLAGS);
  a.store(RSP, frame(Frame.Flags), RAX);
  a.mi(MOV64.rmImm32, RDI, ABSENT, 1, UpcallFrame.Busy, 0);
  for (const register of ALL_REGISTERS.filter((one) => one !== RSP && one !== RDI)) {
    a.load(register, RDI, UpcallFrame.Registers + register * 8);
  }
  a.load(RDI, RDI, UpcallFrame.Registers + RDI * 8);
  a.none(IRETQ);
}

/** Interrupts on; bit 1 is always set. */
export const USER_FLAGS = 0x202;
/** CF PF AF ZF SF OF, DF. */
const ARITHMETIC_FLAGS = 0xcd5;
