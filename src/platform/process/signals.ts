/**
 * Faults of compiled code: a signal becomes an answer to the session.
 *
 * The handler runs on its own stack, for the fault may be that the program's has ended. It keeps what the fault was,
 * and lets the return from the signal continue in `recover` instead of at the fault: the kernel puts the signal mask
 * and the floating-point state right. A fault while no compiled code runs is a bug of the platform and kills it.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, R10, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { Answer } from "./protocol.ts";
import { LOOP_STACK_END, SIGNAL_STACK, SIGNAL_STACK_BYTES, State } from "./state.ts";
import { emitErrorCheck, emitSystemCall, SystemCall } from "./system-call.ts";
import { LEA64 } from "../../x64/tables/index.ts";

/** SIGILL, SIGBUS, SIGFPE, SIGSEGV. */
export const FAULT_SIGNALS = [4, 7, 8, 11];

/** SA_SIGINFO | SA_ONSTACK | SA_RESTORER */
const ACTION_FLAGS = 0x4 | 0x0800_0000 | 0x0400_0000;

/** struct kernel_sigaction (linux/arch/x86/include/asm/signal.h). */
export const enum Action {
  Handler = 0,
  Flags = 8,
  Restorer = 16,
  Mask = 24,
}
export const MASK_BYTES = 8;

/** stack_t. */
const enum SignalStack {
  Address = 0,
  Flags = 8,
  Size = 16,
}

/** siginfo_t. */
export const INFO_ADDRESS = 16;

/** ucontext_t: the general registers begin at 40 (linux/arch/x86/include/uapi/asm/sigcontext.h). */
export const enum Context {
  MemoryBase = 128,
  StackPointer = 160,
  InstructionPointer = 168,
}

/** Start-up: the stack for signals, and the handler for each. */
export function emitSignalSetup(a: Shorthand, handler: number, restorer: number, failed: number): void {
  emitSignalStack(a, SIGNAL_STACK, SIGNAL_STACK_BYTES, State.Scratch, failed);
  emitAction(a, { signals: FAULT_SIGNALS, handler, restorer, flags: 0, mask: 0 }, State.Scratch, failed);
}

/** Handlers run on `bytes` of the state from `stack` on. `scratch`: room in the state for a `SignalStack`. */
export function emitSignalStack(
  a: Shorthand,
  stack: number,
  bytes: number,
  scratch: number,
  failed: number,
): void {
  a.placeAddress(RDI, Place.State, scratch);
  a.placeAddress(RAX, Place.State, stack);
  a.store(RDI, SignalStack.Address, RAX);
  a.set(RAX, 0);
  a.store(RDI, SignalStack.Flags, RAX);
  a.set(RAX, bytes);
  a.store(RDI, SignalStack.Size, RAX);
  a.set(RSI, 0);
  emitSystemCall(a, SystemCall.Sigaltstack);
  emitErrorCheck(a, failed);
}

export interface HandledSignals {
  readonly signals: readonly number[];
  /** Labels. */
  readonly handler: number;
  readonly restorer: number;
  /** Beside those of every handler. */
  readonly flags: number;
  /** Signals that wait while the handler runs: bit `signal - 1`. */
  readonly mask: number;
}

/** `scratch`: room in the state for an `Action`. */
export function emitAction(
  a: Shorthand,
  { signals, handler, restorer, flags, mask }: HandledSignals,
  scratch: number,
  failed: number,
): void {
  a.placeAddress(RSI, Place.State, scratch);
  a.ripLabel(LEA64, RAX, handler);
  a.store(RSI, Action.Handler, RAX);
  a.set(RAX, ACTION_FLAGS | flags);
  a.store(RSI, Action.Flags, RAX);
  a.ripLabel(LEA64, RAX, restorer);
  a.store(RSI, Action.Restorer, RAX);
  a.set(RAX, mask);
  a.store(RSI, Action.Mask, RAX);
  for (const signal of signals) {
    a.set(RDI, signal);
    a.set(RDX, 0);
    a.set(R10, MASK_BYTES);
    emitSystemCall(a, SystemCall.RtSigaction);
    emitErrorCheck(a, failed);
  }
}

/** rdi: signal, rsi: siginfo_t, rdx: ucontext_t. */
export function emitSignalHandler(a: Shorthand, recover: number): void {
  const ours = a.label();
  a.loadPlace(RAX, Place.State, State.Active);
  a.test(RAX);
  a.branch(Condition.Equal, ours);
  a.placeAddress(RCX, Place.State, State.Answer);
  a.store32(RCX, Answer.Signal, RDI);
  a.load(RAX, RSI, INFO_ADDRESS);
  a.store(RCX, Answer.FaultAddress, RAX);
  a.load(RAX, RDX, Context.InstructionPointer);
  a.store(RCX, Answer.InstructionPointer, RAX);
  a.load(RAX, RDX, Context.StackPointer);
  a.store(RCX, Answer.StackPointer, RAX);

  a.ripLabel(LEA64, RAX, recover);
  a.store(RDX, Context.InstructionPointer, RAX);
  a.placeAddress(RAX, Place.State, LOOP_STACK_END);
  a.store(RDX, Context.StackPointer, RAX);
  a.set(RAX, 0);
  a.storePlace(Place.State, State.Active, RAX);
  a.ret();

  // Back to the default action: the instruction faults again, and the process dies of the signal.
  a.bind(ours);
  a.placeAddress(RSI, Place.State, State.Scratch);
  a.set(RAX, 0);
  a.store(RSI, Action.Handler, RAX);
  a.set(RDX, 0);
  a.set(R10, MASK_BYTES);
  emitSystemCall(a, SystemCall.RtSigaction);
  a.ret();
}

export function emitSignalRestorer(a: Shorthand): void {
  emitSystemCall(a, SystemCall.RtSigreturn);
}
