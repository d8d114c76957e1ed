/**
 * The time limit: an entry from the kernel's outermost level may run for so many ticks.
 *
 * Ticks count whatever runs, but only the compartment's own code is interrupted: a kernel in the middle of a service
 * call goes on, and ends the compartment where it would return to it. So nobody outruns the limit by calling services.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R8, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { CMP64, OR64 } from "../../x64/tables/index.ts";
import { begin, loadCompartmentBase, storeState, type Code } from "./code.ts";
import { Cause, Control, Fault, Fixed, Live, StackBounds, Waiting } from "./state.ts";

const RETURN_BYTES = 8;

/** rdi: rbx of what was interrupted. rax: not 0 if its time is over. */
export function emitTick({ a, labels, records }: Code): void {
  const [same, goOn, inKernel] = [a.label(), a.label(), a.label()];
  begin(a, labels.tick);
  a.loadPlace(RAX, Place.State, Live.Current);
  a.test(RAX);
  a.branch(Condition.Equal, goOn);
  a.loadPlace(RCX, Place.State, Live.Entries);
  a.loadPlace(RDX, Place.State, Live.SeenEntries);
  a.compare(RCX, RDX);
  a.branch(Condition.Equal, same);
  a.storePlace(Place.State, Live.SeenEntries, RCX);
  storeState(a, Live.Ticks, 0);
  a.jump(goOn);
  a.bind(same);
  a.loadPlace(RCX, Place.State, Live.Ticks);
  a.addConstant(RCX, 1);
  a.storePlace(Place.State, Live.Ticks, RCX);
  a.loadPlace(RDX, Place.State, Fixed.TickLimit);
  a.compare(RCX, RDX);
  a.branch(Condition.Below, goOn);
  a.rm(CMP64.regRm, RDI, RAX, ABSENT, 1, records.fixed + StackBounds.Memory);
  a.branch(Condition.NotEqual, inKernel);
  a.set(RAX, 1);
  a.ret();
  a.bind(inKernel);
  a.mi(OR64.rmImm8, RAX, ABSENT, 1, records.controls + Control.Waiting, Waiting.Overdue);
  a.bind(goOn);
  a.set(RAX, 0);
  a.ret();
}

/**
 * Branches to `within` unless the running entry has had as many ticks as stand at `limit`. Changes rcx and rdx.
 *
 * The last tick may have been an entry ago: it counts only if the entry that it saw still runs.
 */
function emitBranchWithin(a: Shorthand, limit: Fixed, within: number): void {
  a.loadPlace(RCX, Place.State, Live.Entries);
  a.loadPlace(RDX, Place.State, Live.SeenEntries);
  a.compare(RCX, RDX);
  a.branch(Condition.NotEqual, within);
  a.loadPlace(RCX, Place.State, Live.Ticks);
  a.loadPlace(RDX, Place.State, limit);
  a.compare(RCX, RDX);
  a.branch(Condition.Below, within);
}

/** `compartment.isOverdue`. */
export function emitIsOverdue({ a }: Code): void {
  const allowed = a.label();
  a.set(RAX, 0);
  emitBranchWithin(a, Fixed.AllowedTicks, allowed);
  a.set(RAX, 1);
  a.bind(allowed);
  a.ret();
}

/**
 * A function, where a service is over that does not suspend, on the kernel's stack. r8: the compartment's record. Ends
 * a compartment whose time is over. Else returns, with rax, r8 and xmm0 as they were.
 */
export function emitOverdue(code: Code): void {
  const { a, labels, records } = code;
  const within = a.label();
  begin(a, labels.overdue);
  a.set(RCX, 0);
  a.store(R8, records.controls + Control.Waiting, RCX);
  emitBranchWithin(a, Fixed.TickLimit, within);
  // As if a tick had found it right behind its call of the service.
  storeState(a, Live.Trapping, 1);
  storeState(a, Live.Fault + Fault.Cause, Cause.TimeLimit);
  storeState(a, Live.Fault + Fault.Address, 0);
  loadCompartmentBase(code, RAX, R8);
  a.storePlace(Place.State, Live.Fault + Fault.MemoryBase, RAX);
  a.load(RSI, R8, records.controls + Control.Stack);
  a.load(RAX, RSI);
  a.storePlace(Place.State, Live.Fault + Fault.InstructionPointer, RAX);
  a.addConstant(RSI, RETURN_BYTES);
  a.storePlace(Place.State, Live.Fault + Fault.StackPointer, RSI);
  a.jump(labels.trap);
  a.bind(within);
  a.ret();
}
