/** Time and randomness, from the system. */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import { IMUL64, MOV32 } from "../../x64/tables/index.ts";
import { SCRATCH } from "./image-state.ts";
import { emitErrorCheck, emitSystemCall, SystemCall, SystemError } from "./system-call.ts";

export const NS_PER_SECOND = 1_000_000_000;

export const enum Clock {
  Realtime = 0,
  Monotonic = 1,
}

/** rax: ns. */
export function emitClock(a: Shorthand, clock: Clock): void {
  emitNow(a, clock);
  a.ret();
}

/** rax: ns. Changes rcx, rdx, rdi, rsi, r11. */
export function emitNow(a: Shorthand, clock: Clock): void {
  a.set(RDI, clock);
  a.placeAddress(RSI, Place.State, SCRATCH);
  emitSystemCall(a, SystemCall.ClockGettime);
  a.load(RAX, RSI, 0);
  a.rri(IMUL64.regRmImm32, RAX, RAX, NS_PER_SECOND);
  a.load(RDX, RSI, 8);
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
