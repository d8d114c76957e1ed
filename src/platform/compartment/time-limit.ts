/**
 * The time limit: an entry from the kernel's outermost level may run for so many ticks.
 *
 * Ticks count whatever runs, but only the compartment's own code is interrupted: a kernel in the middle of a service
 * call goes on, and the next tick that finds the compartment running ends it.
 */
import { Place } from "../../linker/platform.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, RAX, RCX, RDI, RDX } from "../../x64/register.ts";
import { CMP64 } from "../../x64/tables/index.ts";
import { begin, storeState, type Code } from "./code.ts";
import { Fixed, Live, StackBounds } from "./state.ts";

/** rdi: rbx of what was interrupted. rax: not 0 if its time is over. */
export function emitTick({ a, labels }: Code): void {
  const [same, goOn] = [a.label(), a.label()];
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
  a.rm(CMP64.regRm, RDI, RAX, ABSENT, 1, Fixed.Compartments + StackBounds.Memory);
  a.branch(Condition.NotEqual, goOn);
  a.set(RAX, 1);
  a.ret();
  a.bind(goOn);
  a.set(RAX, 0);
  a.ret();
}
