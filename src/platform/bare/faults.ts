/**
 * The keel's upcall: faults become traps, the end of a time slice is a tick.
 *
 * Runs on a stack of its own, with the interrupted registers in the frame. A fault while a trap is being served is
 * this platform's own, and ends the machine, unless it has a recovery: then it is for want of a page.
 */
import { KEEL_PANIC_STATUS, KeelCall, OUT_OF_MEMORY, TIMER_VECTOR, UpcallFrame } from "../../abi/boot.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, RAX, RBP, RBX, RCX, RDI } from "../../x64/register.ts";
import { CMOV64, CMP64, LEA64, TEST32 } from "../../x64/tables/index.ts";
import { begin, compareState, storeState, type Code, type Recovery } from "../compartment/code.ts";
import { Cause, Fault, Live } from "../compartment/state.ts";
import type { KeelCalls } from "./keel-calls.ts";
import type { BareState } from "./state.ts";

const BREAKPOINT = 3;
const FRAME = RBP;

/** rdi: the frame. */
export function emitUpcall(
  a: Shorthand,
  label: number,
  { upcallFrame }: BareState,
  keel: KeelCalls,
  { labels: { tick, trap }, recoveries }: Code,
): void {
  const [fault, resume, own, keep] = [a.label(), a.label(), a.label(), a.label()];
  begin(a, label);
  a.move(FRAME, RDI);
  compareState(a, Live.Trapping, 0);
  a.load(RAX, FRAME, UpcallFrame.Vector);
  const isTrapping = a.label();
  a.branch(Condition.NotEqual, isTrapping);
  a.compareConstant(RAX, TIMER_VECTOR);
  a.branch(Condition.NotEqual, fault);
  a.load(RDI, FRAME, UpcallFrame.Registers + RBX * 8);
  a.call(tick);
  a.test(RAX);
  a.branch(Condition.Equal, resume);
  a.set(RAX, Cause.TimeLimit);
  a.jump(keep);

  a.bind(isTrapping);
  a.compareConstant(RAX, TIMER_VECTOR);
  a.branch(Condition.NotEqual, own);
  a.bind(resume);
  keel.call(a, KeelCall.Resume);
  a.bind(own);
  emitRecoveries(a, recoveries, resume);
  a.set(RDI, KEEL_PANIC_STATUS);
  keel.call(a, KeelCall.Exit);

  a.bind(fault);
  // A keel call that was refused is told as what it was tried with.
  a.set(RCX, Cause.Protection);
  a.compareConstant(RAX, BREAKPOINT);
  a.rr(CMOV64[Condition.Equal]!, RAX, RCX);
  a.load(RCX, FRAME, UpcallFrame.Error);
  a.ri(TEST32.rmImm32, RCX, OUT_OF_MEMORY);
  a.branch(Condition.Equal, keep);
  a.set(RAX, Cause.OutOfMemory);
  a.bind(keep);
  // rax: the cause.
  a.storePlace(Place.State, Live.Fault + Fault.Cause, RAX);
  for (const [from, to] of [
    [UpcallFrame.InstructionPointer, Fault.InstructionPointer],
    [UpcallFrame.StackPointer, Fault.StackPointer],
    [UpcallFrame.Registers + RBX * 8, Fault.MemoryBase],
    [UpcallFrame.Address, Fault.Address],
  ] as const) {
    a.load(RAX, FRAME, from);
    a.storePlace(Place.State, Live.Fault + to, RAX);
  }
  storeState(a, Live.Trapping, 1);
  storeState(a, upcallFrame + UpcallFrame.Busy, 0);
  a.jump(trap);
}

/** To where the interrupted instruction has a recovery; falls through where it has none. */
function emitRecoveries(a: Shorthand, recoveries: readonly Recovery[], resume: number): void {
  for (const { from, to } of recoveries) {
    const another = a.label();
    a.ripLabel(LEA64, RAX, from);
    a.rm(CMP64.regRm, RAX, FRAME, ABSENT, 1, UpcallFrame.InstructionPointer);
    a.branch(Condition.NotEqual, another);
    a.ripLabel(LEA64, RAX, to);
    a.store(FRAME, UpcallFrame.InstructionPointer, RAX);
    a.jump(resume);
    a.bind(another);
  }
}
