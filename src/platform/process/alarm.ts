/**
 * The alarm that ends a sleep at its deadline: a timer of the system's that is set before the sleep, and only where the one
 * that is set already would be too late. So most sleeps neither read the clock nor have a time limit of their own: of a request to
 * a busy server that is a twenty-fifth of the processor's time.
 *
 * It may ring when it is decided to sleep and before the system has the call, which would then sleep for ever: the handler
 * sees by the instruction that was to come next that it is about to, and goes on behind the call instead.
 *
 * Source: setitimer(2), sigreturn(2); ppoll is not made again after a signal, signal(7)
 * Tests: alarm.test.ts
 */
import { NEVER } from "../../abi/platform.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { DIV64, LEA64, MOV64 } from "../../x64/tables/index.ts";
import { begin } from "../compartment/code.ts";
import { Clock, emitNow } from "./clocks.ts";
import { ALARM, SCRATCH } from "./image-state.ts";
import { Context } from "./signals.ts";
import { emitSystemCall, SystemCall } from "./system-call.ts";

export const SIGALRM = 14;
export const ITIMER_REAL = 0;
const NS_PER_US = 1000;
const US_PER_SECOND = 1_000_000;
/** struct itimerval: interval, first; each seconds and microseconds. */
const TIMER = SCRATCH + 16;

/** Labels: the instructions from `decides` up to `over` decide to sleep and do, with one stack pointer. */
export interface Sleep {
  readonly decides: number;
  readonly over: number;
}

/** None is set, as at the start. */
export function emitNoAlarm(a: Shorthand): void {
  a.ri64(MOV64.regImm64, RAX, Number(BigInt.asIntN(32, NEVER)), Number(NEVER >> 32n));
  a.storePlace(Place.State, ALARM, RAX);
}

/** One rings at `deadline`, in ns, or before; jumps to `late` where that has passed. Changes what a call may. */
export function emitSetAlarm(a: Shorthand, deadline: number, late: number): void {
  const isSet = a.label();
  a.loadPlace(RAX, Place.State, ALARM);
  a.compare(deadline, RAX);
  a.branch(Condition.GreaterOrEqual, isSet);
  emitNow(a, Clock.Monotonic);
  a.move(RCX, deadline);
  a.subtract(RCX, RAX);
  a.branch(Condition.LessOrEqual, late);
  a.storePlace(Place.State, ALARM, deadline);
  // Rounded up: a timer of no microseconds would be none.
  a.address(RAX, RCX, NS_PER_US - 1);
  emitDivide(a, NS_PER_US);
  emitDivide(a, US_PER_SECOND);
  a.placeAddress(RSI, Place.State, TIMER);
  a.store(RSI, 16, RAX);
  a.store(RSI, 24, RDX);
  a.set(RAX, 0);
  a.store(RSI, 0, RAX);
  a.store(RSI, 8, RAX);
  a.set(RDI, ITIMER_REAL);
  a.set(RDX, 0);
  emitSystemCall(a, SystemCall.Setitimer);
  a.bind(isSet);
}

/** rax: dividend, and then quotient. rdx: remainder. */
function emitDivide(a: Shorthand, divisor: number): void {
  a.set(RDX, 0);
  a.set(RCX, divisor);
  a.r(DIV64, RCX);
}

/** The handler, at `label`. rdx: ucontext_t. */
export function emitAlarm(a: Shorthand, label: number, sleep: Sleep, isForgetful: boolean): void {
  const awake = a.label();
  begin(a, label);
  emitNoAlarm(a);
  a.load(RAX, RDX, Context.InstructionPointer);
  a.ripLabel(LEA64, RCX, sleep.decides);
  a.compare(RAX, RCX);
  a.branch(Condition.Below, awake);
  a.ripLabel(LEA64, RCX, sleep.over);
  a.compare(RAX, RCX);
  a.branch(Condition.AboveOrEqual, awake);
  if (!isForgetful) a.store(RDX, Context.InstructionPointer, RCX);
  a.bind(awake);
  a.ret();
}
