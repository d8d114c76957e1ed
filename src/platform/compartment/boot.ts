/**
 * The end of start-up, the same on every platform: everything initialized, the kernel started and run.
 */
import { EnterStatus } from "../../abi/entry.ts";
import { Place } from "../../linker/platform.ts";
import { Condition, MEMORY_BASE, R8, RAX, RDI, RSI, RSP } from "../../x64/register.ts";
import { UD2 } from "../../x64/tables/index.ts";
import {
  begin,
  callFunction,
  compareState,
  compartmentMemory,
  fixedRecord,
  functionPlace,
  kernelMemory,
  loadMemoryBase,
  type Code,
} from "./code.ts";
import { Live, RECORD_BYTES, StackBounds } from "./state.ts";
import { startText, tellText } from "./text.ts";
import { TIME_LIMIT_STATUS, TRAP_STATUS } from "./trap.ts";
import { callWords } from "./words.ts";

export function emitBoot(code: Code): void {
  const { a, labels, plan } = code;
  const [dead, timedOut, runs] = [a.label(), a.label(), a.label()];
  begin(a, labels.boot);
  a.loadPlace(RSP, Place.State, fixedRecord(code, "kernel") + StackBounds.End);
  emitKernel(code);
  for (const [compartment, prepare] of labels.prepare.entries()) {
    a.placeAddress(R8, Place.State, compartment * RECORD_BYTES);
    a.call(prepare);
    a.test(RAX);
    a.branch(Condition.NotEqual, dead);
  }
  loadMemoryBase(a, MEMORY_BASE, kernelMemory(code));
  callFunction(a, functionPlace(code, plan.kernel.start));
  compareState(a, Live.HasExit, 0);
  a.branch(Condition.Equal, runs);
  a.loadPlace(RDI, Place.State, Live.ExitStatus);
  a.jump(labels.end);
  a.bind(runs);
  startText(a, "started");
  tellText(code);
  callFunction(a, functionPlace(code, plan.kernel.run));
  a.none(UD2); // it does not return

  a.bind(dead);
  a.set(RDI, TIME_LIMIT_STATUS);
  a.compareConstant(RAX, EnterStatus.TimedOut);
  a.branch(Condition.Equal, timedOut);
  a.set(RDI, TRAP_STATUS);
  a.bind(timedOut);
  a.jump(labels.end);
}

/** Words of every memory that is no compartment's, and the kernel's initializer. */
function emitKernel(code: Code): void {
  const { a, parts, plan } = code;
  const compartments = new Set(plan.compartments.map((_, number) => compartmentMemory(code, number)));
  parts.memories.forEach((_, memory) => {
    if (compartments.has(memory)) return;
    loadMemoryBase(a, RSI, memory);
    callWords(code, memory);
  });
  const { initializer, needsInitializer } = parts.instances[plan.kernel.instance]!;
  loadMemoryBase(a, MEMORY_BASE, kernelMemory(code));
  if (needsInitializer) callFunction(a, initializer);
}
