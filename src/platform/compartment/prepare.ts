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
import { Condition, R11, R12, R8, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { CMOV64, CMP64, LEA64 } from "../../x64/tables/index.ts";
import {
  begin,
  compartmentMemory,
  emitFault,
  functionAddress,
  functionPlace,
  loadCompartmentBase,
  type Code,
} from "./code.ts";
import type { FunctionPlace } from "../../linker/linked.ts";
import { emitRecord } from "./enter.ts";
import { compartmentCount, isReplicated, type ScriptPlan } from "./plan.ts";
import { Control, Fixed, StackBounds } from "./state.ts";
import { callWords } from "./words.ts";

/** Of the compartment, as long as it is prepared. */
const RECORD = R12;

/** A function for each kind of compartments. r8: the record of one. rax: an `EnterStatus`. */
export function emitPrepare(code: Code): void {
  code.plan.compartments.forEach((_, kind) => emitPrepareKind(code, kind));
}

function emitPrepareKind(code: Code, kind: number): void {
  const { a, labels, parts, plan, records } = code;
  const { instances, script } = plan.compartments[kind]!;
  const done = a.label();
  begin(a, labels.prepare[kind]!);
  a.push(RECORD);
  a.move(RECORD, R8);
  loadCompartmentBase(code, RSI, RECORD);
  callWords(code, compartmentMemory(code, kind));
  emitMemoryLimit(code);
  a.load(RAX, RECORD, records.fixed + StackBounds.End);
  a.store(RECORD, records.controls + Control.Stack, RAX);
  a.set(RAX, 0);
  a.store(RECORD, records.controls + Control.Status, RAX);
  for (const instance of instances) {
    const { initializer, needsInitializer } = parts.instances[instance]!;
    if (!needsInitializer) continue;
    callInside(code, initializer);
    a.test(RAX);
    a.branch(Condition.NotEqual, done);
  }
  if (script !== undefined) emitScript(code, script, done);
  a.set(RAX, EnterStatus.Returned);
  a.bind(done);
  a.pop(RECORD);
  a.ret();
}

/** rax, rdx: arguments. */
function callInside({ a, labels }: Code, place: FunctionPlace): void {
  a.move(R8, RECORD);
  functionAddress(a, R11, place);
  a.call(labels.enterCode);
}

/** The memory grows up to the configured limit, if that is less than its own. */
function emitMemoryLimit(code: Code): void {
  const { a } = code;
  const unlimited = a.label();
  a.loadPlace(RAX, Place.State, Fixed.AppPages);
  a.test(RAX);
  a.branch(Condition.Equal, unlimited);
  loadCompartmentBase(code, RSI, RECORD);
  a.load32(RCX, RSI, MemoryHeader.Pages);
  a.compare(RAX, RCX);
  a.rr(CMOV64[Condition.Below]!, RAX, RCX);
  a.load32(RCX, RSI, MemoryHeader.MaximumPages);
  a.compare(RAX, RCX);
  a.rr(CMOV64[Condition.Above]!, RAX, RCX);
  a.store32(RSI, MemoryHeader.MaximumPages, RAX);
  a.bind(unlimited);
}

function emitScript(code: Code, { bytes, reserve }: ScriptPlan, done: number): void {
  const { a, readOnly, records } = code;
  const [inside, outside] = [a.label(), a.label()];
  a.set(RAX, bytes.length);
  a.set(RDX, 0);
  callInside(code, functionPlace(code, reserve));
  a.test(RAX);
  a.branch(Condition.NotEqual, done);
  loadCompartmentBase(code, RDI, RECORD);
  a.rm(LEA64, RAX, RDX, ABSENT, 1, bytes.length);
  a.rm(CMP64.regRm, RAX, RDI, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.Above, outside);
  a.add(RDI, RDX);
  a.placeAddress(RSI, Place.ReadOnly, readOnly.add(bytes));
  a.set(RDX, bytes.length);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.jump(inside);
  a.bind(outside);
  a.set(RAX, EnterStatus.Trapped);
  a.store(RECORD, records.controls + Control.Status, RAX);
  a.jump(done);
  a.bind(inside);
}

/** `compartment.restart`. rax: the compartment, which is not entered. */
export function emitRestart(code: Code): void {
  const { a, plan, records } = code;
  const bad = a.label();
  a.compareConstant(RAX, compartmentCount(plan));
  a.branch(Condition.AboveOrEqual, bad);
  a.move(RDX, RAX);
  emitRecord(a);
  a.load(RCX, R8, records.controls + Control.Depth);
  a.test(RCX);
  a.branch(Condition.NotEqual, bad);
  if (isReplicated(plan)) emitRestartKind(code, 0);
  else {
    plan.compartments.forEach((_, kind) => {
      const another = a.label();
      a.compareConstant(RDX, kind);
      a.branch(Condition.NotEqual, another);
      a.set(RDX, 0);
      emitRestartKind(code, kind);
      a.bind(another);
    });
  }
  emitFault(a, bad);
}

/** r8: the record, rdx: which one of the kind. Ends in `prepare`. */
function emitRestartKind(code: Code, kind: number): void {
  const { a, labels } = code;
  const memory = compartmentMemory(code, kind);
  a.push(R8);
  loadCompartmentBase(code, RSI, R8);
  a.set(RDI, memory);
  a.call(labels.discardMemory);
  for (const table of tablesOf(code, memory)) {
    a.set(RDI, table);
    a.call(labels.discardTable);
  }
  a.pop(R8);
  a.jump(labels.prepare[kind]!);
}

/** Tables whose descriptors lie in a memory's contexts: each has one word with its address there. */
function tablesOf({ parts }: Code, memory: number): number[] {
  return parts.words
    .filter((word) => word.memory === memory && word.base === WordBase.Table)
    .map(({ index }) => index);
}
