/**
 * Faults, ticks and alarms of an image: signals become fault records, and the return from the signal goes on in `trap`; those
 * of alarms end a sleep.
 *
 * Handlers run on a stack of their own, for the fault may be that the program's has ended. A fault while `trap` runs is
 * a bug of the platform: the process ends at once.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, R10, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { LEA64 } from "../../x64/tables/index.ts";
import { begin, compareState, storeState, type Code } from "../compartment/code.ts";
import { Cause, Fault, Live, TRAP_STACK_END } from "../compartment/state.ts";
import { KERNEL_FAULT_STATUS } from "../compartment/trap.ts";
import { emitNoAlarm, SIGALRM } from "./alarm.ts";
import { SCRATCH, SIGNAL_STACK, SIGNAL_STACK_BYTES } from "./image-state.ts";
import {
  Action,
  Context,
  emitAction,
  emitSignalStack,
  FAULT_SIGNALS,
  INFO_ADDRESS,
  MASK_BYTES,
} from "./signals.ts";
import { emitErrorCheck, emitExit, emitSystemCall, SystemCall } from "./system-call.ts";

const SIGILL = 4;
const SIGFPE = 8;
/** Of a write to a pipe that nobody reads: the write tells of it, too. */
const SIGPIPE = 13;
const SIGPROF = 27;
/** No tick and no alarm comes into a handler. */
const HANDLER_MASK = (1 << (SIGPROF - 1)) | (1 << (SIGALRM - 1));
const SIG_IGN = 1;
const SIG_SETMASK = 2;
/** SA_RESTART. */
const RESTART = 0x1000_0000;
const ITIMER_PROF = 2;
export const TICK_MS = 50;
const US_PER_MS = 1000;

export interface SignalLabels {
  readonly fault: number;
  readonly tick: number;
  readonly alarm: number;
  readonly restorer: number;
}

/** Start-up: the stack for signals, handlers, the timer, which counts the process's own time. */
export function emitImageSignals(a: Shorthand, labels: SignalLabels, failed: number): void {
  const common = { restorer: labels.restorer, flags: RESTART, mask: HANDLER_MASK };
  emitSignalStack(a, SIGNAL_STACK, SIGNAL_STACK_BYTES, SCRATCH, failed);
  emitAction(a, { ...common, signals: FAULT_SIGNALS, handler: labels.fault }, SCRATCH, failed);
  emitAction(a, { ...common, signals: [SIGPROF], handler: labels.tick }, SCRATCH, failed);
  emitAction(a, { ...common, signals: [SIGALRM], handler: labels.alarm }, SCRATCH, failed);
  emitIgnore(a, SIGPIPE, failed);
  emitUnblock(a, failed);
  emitNoAlarm(a);

  // struct itimerval: interval, first; each seconds and microseconds.
  a.placeAddress(RSI, Place.State, SCRATCH);
  a.set(RAX, 0);
  a.store(RSI, 0, RAX);
  a.store(RSI, 16, RAX);
  a.set(RAX, TICK_MS * US_PER_MS);
  a.store(RSI, 8, RAX);
  a.store(RSI, 24, RAX);
  a.set(RDI, ITIMER_PROF);
  a.set(RDX, 0);
  emitSystemCall(a, SystemCall.Setitimer);
  emitErrorCheck(a, failed);
}

/** What the parent held back comes: without its alarm the image would sleep for ever. */
function emitUnblock(a: Shorthand, failed: number): void {
  a.placeAddress(RSI, Place.State, SCRATCH);
  a.set(RAX, 0);
  a.store(RSI, 0, RAX);
  a.set(RDI, SIG_SETMASK);
  a.set(RDX, 0);
  a.set(R10, MASK_BYTES);
  emitSystemCall(a, SystemCall.RtSigprocmask);
  emitErrorCheck(a, failed);
}

function emitIgnore(a: Shorthand, signal: number, failed: number): void {
  a.placeAddress(RSI, Place.State, SCRATCH);
  a.set(RAX, SIG_IGN);
  a.store(RSI, Action.Handler, RAX);
  a.set(RAX, 0);
  for (const field of [Action.Flags, Action.Restorer, Action.Mask]) a.store(RSI, field, RAX);
  a.set(RDI, signal);
  a.set(RDX, 0);
  a.set(R10, MASK_BYTES);
  emitSystemCall(a, SystemCall.RtSigaction);
  emitErrorCheck(a, failed);
}

/** Each with rdi: signal, rsi: siginfo_t, rdx: ucontext_t. */
export function emitHandlers(code: Code, labels: SignalLabels): void {
  const { a } = code;
  const [own, divide, known, ignored] = [a.label(), a.label(), a.label(), a.label()];
  begin(a, labels.fault);
  compareState(a, Live.Trapping, 0);
  a.branch(Condition.NotEqual, own);
  a.load(RAX, RSI, INFO_ADDRESS);
  a.storePlace(Place.State, Live.Fault + Fault.Address, RAX);
  a.set(RCX, Cause.InvalidOpcode);
  a.compareConstant(RDI, SIGILL);
  a.branch(Condition.Equal, known);
  a.compareConstant(RDI, SIGFPE);
  a.branch(Condition.Equal, divide);
  a.set(RCX, Cause.PageFault);
  a.jump(known);
  a.bind(divide);
  a.set(RCX, Cause.Divide);
  a.bind(known);
  emitRedirect(code);
  a.ret();
  a.bind(own);
  emitExit(a, KERNEL_FAULT_STATUS);

  begin(a, labels.tick);
  compareState(a, Live.Trapping, 0);
  a.branch(Condition.NotEqual, ignored);
  a.push(RDX);
  a.load(RDI, RDX, Context.MemoryBase);
  a.call(code.labels.tick);
  a.pop(RDX);
  a.test(RAX);
  a.branch(Condition.Equal, ignored);
  a.set(RCX, Cause.TimeLimit);
  emitRedirect(code);
  a.bind(ignored);
  a.ret();

  begin(a, labels.restorer);
  emitSystemCall(a, SystemCall.RtSigreturn);
}

/** rdx: ucontext_t, rcx: the cause. The return from the signal goes to `trap`. */
function emitRedirect({ a, labels }: Code): void {
  storeState(a, Live.Trapping, 1);
  a.storePlace(Place.State, Live.Fault + Fault.Cause, RCX);
  for (const [from, to] of [
    [Context.InstructionPointer, Fault.InstructionPointer],
    [Context.StackPointer, Fault.StackPointer],
    [Context.MemoryBase, Fault.MemoryBase],
  ] as const) {
    a.load(RAX, RDX, from);
    a.storePlace(Place.State, Live.Fault + to, RAX);
  }
  a.ripLabel(LEA64, RAX, labels.trap);
  a.store(RDX, Context.InstructionPointer, RAX);
  a.placeAddress(RAX, Place.State, TRAP_STACK_END);
  a.store(RDX, Context.StackPointer, RAX);
}
