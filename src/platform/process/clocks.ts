/**
 * Time and randomness, from the system.
 *
 * Time is read by the function that Linux maps into every process for it, without a system call, where that is found
 * (vDSO, `vdso.ts`); it goes by the C convention and needs no more than the stack that it is called on.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, RAX, RDI, RDX, RSI, RSP } from "../../x64/register.ts";
import { CALL, IMUL64, MOV32 } from "../../x64/tables/index.ts";
import { ImageFixed, SCRATCH } from "./image-state.ts";
import { emitErrorCheck, emitSystemCall, SystemCall, SystemError } from "./system-call.ts";

export const NS_PER_SECOND = 1_000_000_000;

export const enum Clock {
  Realtime = 0,
  Monotonic = 1,
}

/** rax: ns. */
export function emitClock(a: Shorthand, clock: Clock): void {
  a.addConstant(RSP, -8);
  emitNow(a, clock);
  a.addConstant(RSP, 8);
  a.ret();
}

/** rax: ns. Changes what a call may; rsp is a multiple of 16. */
export function emitNow(a: Shorthand, clock: Clock): void {
  const [call, known] = [a.label(), a.label()];
  a.set(RDI, clock);
  a.placeAddress(RSI, Place.State, SCRATCH);
  a.loadPlace(RAX, Place.State, ImageFixed.ClockFunction);
  a.test(RAX);
  a.branch(Condition.Equal, call);
  a.r(CALL, RAX);
  a.jump(known);
  a.bind(call);
  emitSystemCall(a, SystemCall.ClockGettime);
  a.bind(known);
  a.loadPlace(RAX, Place.State, SCRATCH);
  a.rri(IMUL64.regRmImm32, RAX, RAX, NS_PER_SECOND);
  a.loadPlace(RDX, Place.State, SCRATCH + 8);
  a.add(RAX, RDX);
}

/** rsi: address, rdx: bytes. rax: bytes written. */
export function emitEntropy(a: Shorthand): void {
  const [again, none] = [a.label(), a.label()];
  a.move(RDI, RSI);
  a.move(RSI, RDX);
  a.bind(again);
  a.set(RDX, 0);
  emitSystemCall(a, SystemCall.Getrandom);
  a.compareConstant(RAX, SystemError.Interrupted);
  a.branch(Condition.Equal, again);
  emitErrorCheck(a, none);
  a.rr(MOV32.regRm, RAX, RAX);
  a.ret();
  a.bind(none);
  a.set(RAX, 0);
  a.ret();
}
