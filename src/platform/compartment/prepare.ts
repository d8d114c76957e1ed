/**
 * A compartment before its first entry, at start and again on `restart`: the words in its contexts, what initializers
 * do, its script.
 *
 * Initializers and the script's `reserve` are the compartment's own code, and run as any entry of it: a trap in them is
 * reported, and leaves the compartment trapped.
 */
import { EnterStatus } from "../../abi/entry.ts";
import { MemoryHeader, Relocation, Routine } from "../../abi/object.ts";
import { WordBase } from "../../linker/linked.ts";
import { Place } from "../../linker/platform.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R8, RAX, RCX, RDI, RDX, RSI, RSP } from "../../x64/register.ts";
import { CMOV64, CMP64, LEA64 } from "../../x64/tables/index.ts";
import {
  begin,
  compartmentMemory,
  controlRecord,
  emitFault,
  fixedRecord,
  functionAddress,
  functionPlace,
  loadMemoryBase,
  storeState,
  type Code,
} from "./code.ts";
import type { FunctionPlace } from "../../linker/linked.ts";
import type { ScriptPlan } from "./plan.ts";
import { R11 } from "../../x64/register.ts";
import { Control, Fixed, RECORD_BYTES, StackBounds } from "./state.ts";
import { callWords } from "./words.ts";

const WORD_BYTES = 8;

/** A function for each compartment. rax: an `EnterStatus`. */
export function emitPrepare(code: Code): void {
  code.plan.compartments.forEach((_, compartment) => emitPrepareOne(code, compartment));
}

function emitPrepareOne(code: Code, compartment: number): void {
  const { a, labels, parts, plan } = code;
  const { instances, script } = plan.compartments[compartment]!;
  const done = a.label();
  begin(a, labels.prepare[compartment]!);
  a.addConstant(RSP, -WORD_BYTES);
  callWords(code, compartmentMemory(code, compartment));
  emitMemoryLimit(code, compartment);
  a.loadPlace(RAX, Place.State, fixedRecord(compartment) + StackBounds.End);
  a.storePlace(Place.State, controlRecord(compartment) + Control.Stack, RAX);
  storeState(a, controlRecord(compartment) + Control.Status, 0);
  for (const instance of instances) {
    const { initializer, needsInitializer } = parts.instances[instance]!;
    if (!needsInitializer) continue;
    callInside(code, compartment, initializer);
    a.test(RAX);
    a.branch(Condition.NotEqual, done);
  }
  if (script !== undefined) emitScript(code, compartment, script, done);
  a.set(RAX, EnterStatus.Returned);
  a.bind(done);
  a.addConstant(RSP, WORD_BYTES);
  a.ret();
}

/** rax, rdx: arguments. */
function callInside(code: Code, compartment: number, place: FunctionPlace): void {
  const { a, labels } = code;
  a.placeAddress(R8, Place.State, compartment * RECORD_BYTES);
  functionAddress(a, R11, place);
  a.call(labels.enterCode);
}

/** The memory grows up to the configured limit, if that is less than its own. */
function emitMemoryLimit(code: Code, compartment: number): void {
  const { a } = code;
  const unlimited = a.label();
  a.loadPlace(RAX, Place.State, Fixed.AppPages);
  a.test(RAX);
  a.branch(Condition.Equal, unlimited);
  loadMemoryBase(a, RSI, compartmentMemory(code, compartment));
  a.load32(RCX, RSI, MemoryHeader.Pages);
  a.compare(RAX, RCX);
  a.rr(CMOV64[Condition.Below]!, RAX, RCX);
  a.load32(RCX, RSI, MemoryHeader.MaximumPages);
  a.compare(RAX, RCX);
  a.rr(CMOV64[Condition.Above]!, RAX, RCX);
  a.store32(RSI, MemoryHeader.MaximumPages, RAX);
  a.bind(unlimited);
}

function emitScript(code: Code, compartment: number, { bytes, reserve }: ScriptPlan, done: number): void {
  const { a, readOnly } = code;
  const [inside, outside] = [a.label(), a.label()];
  a.set(RAX, bytes.length);
  a.set(RDX, 0);
  callInside(code, compartment, functionPlace(code, reserve));
  a.test(RAX);
  a.branch(Condition.NotEqual, done);
  loadMemoryBase(a, RDI, compartmentMemory(code, compartment));
  a.rm(LEA64, RAX, RDX, ABSENT, 1, bytes.length);
  a.rm(CMP64.regRm, RAX, RDI, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.Above, outside);
  a.add(RDI, RDX);
  a.placeAddress(RSI, Place.ReadOnly, readOnly.add(bytes));
  a.set(RDX, bytes.length);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.jump(inside);
  a.bind(outside);
  storeState(a, controlRecord(compartment) + Control.Status, EnterStatus.Trapped);
  a.set(RAX, EnterStatus.Trapped);
  a.jump(done);
  a.bind(inside);
}

/** `compartment.restart`. rax: the compartment, which is not entered. */
export function emitRestart(code: Code): void {
  const { a, labels, plan } = code;
  const bad = a.label();
  a.compareConstant(RAX, plan.compartments.length);
  a.branch(Condition.AboveOrEqual, bad);
  plan.compartments.forEach((_, compartment) => {
    const another = a.label();
    const memory = compartmentMemory(code, compartment);
    a.compareConstant(RAX, compartment);
    a.branch(Condition.NotEqual, another);
    a.loadPlace(RCX, Place.State, controlRecord(compartment) + Control.Depth);
    a.test(RCX);
    a.branch(Condition.NotEqual, bad);
    a.addConstant(RSP, -WORD_BYTES);
    a.set(RDI, memory);
    a.call(labels.discardMemory);
    for (const table of tablesOf(code, memory)) {
      a.set(RDI, table);
      a.call(labels.discardTable);
    }
    a.addConstant(RSP, WORD_BYTES);
    a.jump(labels.prepare[compartment]!);
    a.bind(another);
  });
  emitFault(a, bad);
}

/** Tables whose descriptors lie in a memory's contexts: each has one word with its address there. */
function tablesOf({ parts }: Code, memory: number): number[] {
  return parts.words
    .filter((word) => word.memory === memory && word.base === WordBase.Table)
    .map(({ index }) => index);
}
