/**
 * Gates: an app's call of a service, across to the kernel's memory and stack and back. The hot path of everything.
 *
 *   app's stack                        kernel's stack
 *   │ ...                 │            │ ...                     │
 *   │ return to the app   │◄─ Control  │ frame of `enter`        │◄─ Live.KernelStack
 *   └─────────────────────┘   .Stack   │ return into the gate    │
 *                                      │ the service's function  │
 *
 * A range that the app lends is held against the size of its memory here, once: outside of it the app traps. What is
 * lent stands in `Live.Lends` as long as the call runs, and nothing is lent at any other time; so a gate writes only
 * the ranges its call has. Arguments stay in their registers, of which r11 is none.
 *
 * A service that called `suspend` does not return to the app: the gate leaves to whoever entered the compartment, and
 * `resume` comes back in at the label behind it. The same look ends a compartment whose time is over.
 */
import { MemoryHeader, Relocation } from "../../abi/object.ts";
import type { Call, Kind } from "../../abi/services.ts";
import { Place } from "../../linker/platform.ts";
import { placesOf } from "../../x64/convention.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, MEMORY_BASE, R11, RAX, RSP } from "../../x64/register.ts";
import { ADD8, CMP64, CMP8, LEA64, MOV32, MOVQ } from "../../x64/tables/index.ts";
import {
  callFunction,
  compareState,
  compartmentMemory,
  controlRecord,
  emitFault,
  functionPlace,
  kernelMemory,
  loadCompartmentBase,
  loadMemoryBase,
  type Code,
} from "./code.ts";
import { serviceCallType } from "./granted-imports.ts";
import { isReplicated, type PlatformFunction } from "./plan.ts";
import { Control, LENDS_BYTES, Live } from "./state.ts";

/** Of one call, of each kind. */
const RANGES_LIMIT = 2;
const LEND_BYTES = LENDS_BYTES / 4;
const LENGTH = 4;
const PAGE_BYTES = 4096;

interface Range {
  readonly kind: "in" | "out";
  readonly pointer: number;
  readonly length: number;
  /** Offset of its record in the state. */
  readonly record: number;
}

export function emitGate(code: Code, gate: PlatformFunction & { readonly kind: "gate" }): void {
  const { a, labels } = code;
  const [outside, waiting, resumed] = [a.label(), a.label(), a.label()];
  const ranges = rangesOf(gate.call);
  for (const range of ranges) {
    const { pointer, length, record } = range;
    a.rm(LEA64, R11, pointer, length, 1, 0);
    a.rm(CMP64.regRm, R11, MEMORY_BASE, ABSENT, 1, MemoryHeader.Bytes);
    a.branch(Condition.Above, outside);
    if (code.system.givesPagesWhenTouched) emitTouch(a, range);
    store32(a, record, pointer);
    store32(a, record + LENGTH, length);
  }
  const caller = isReplicated(code.plan) ? runningCaller(code) : knownCaller(code, gate.compartment);
  caller.keepStack();
  a.loadPlace(RSP, Place.State, Live.KernelStack);
  loadMemoryBase(a, MEMORY_BASE, kernelMemory(code));
  callFunction(a, functionPlace(code, gate.target));
  for (const { record } of ranges) {
    a.rip(MOV32.rmImm32, 0, Relocation.DataSegment, Place.State, record + LENGTH, 0);
  }
  caller.compareWaiting();
  a.branch(Condition.NotEqual, waiting);
  caller.goBack();
  a.ret();
  emitFault(a, outside);

  a.bind(waiting);
  a.ripLabel(LEA64, R11, resumed);
  a.jump(labels.waiting);
  // rax: the result's bits.
  a.bind(resumed);
  if (gate.call.result === "i32") a.rr(MOV32.regRm, RAX, RAX);
  if (gate.call.result === "f64") a.rr(MOVQ.regRm, 0, RAX);
  a.ret();
}

/** The compartment that calls, at each place where a gate needs it. r11 is free. */
interface Caller {
  readonly keepStack: () => void;
  readonly compareWaiting: () => void;
  /** Its stack and memory; after `compareWaiting`. */
  readonly goBack: () => void;
}

/** Its code is its own. */
function knownCaller(code: Code, compartment: number): Caller {
  const { a } = code;
  const stack = controlRecord(code, compartment) + Control.Stack;
  return {
    keepStack: () => a.storePlace(Place.State, stack, RSP),
    compareWaiting: () => compareState(a, controlRecord(code, compartment) + Control.Waiting, 0),
    goBack: () => {
      a.loadPlace(RSP, Place.State, stack);
      loadMemoryBase(a, MEMORY_BASE, compartmentMemory(code, compartment));
    },
  };
}

/** Its code is that of many: the one that was entered last and has not returned. */
function runningCaller(code: Code): Caller {
  const { a, records } = code;
  const stack = records.controls + Control.Stack;
  return {
    keepStack: () => {
      a.loadPlace(R11, Place.State, Live.Current);
      a.store(R11, stack, RSP);
    },
    compareWaiting: () => {
      a.loadPlace(R11, Place.State, Live.Current);
      a.mi(CMP64.rmImm8, R11, ABSENT, 1, records.controls + Control.Waiting, 0);
    },
    goBack: () => {
      a.load(RSP, R11, stack);
      loadCompartmentBase(code, MEMORY_BASE, R11);
    },
  };
}

/** r11: the range's end. Touches each of its pages, from the last one on, as the kernel will. Changes r11. */
function emitTouch(a: Code["a"], { kind, pointer, length }: Range): void {
  const [next, done] = [a.label(), a.label()];
  const touch = (index: number, disp: number): void => {
    const row = kind === "in" ? CMP8.rmImm8 : ADD8.rmImm8;
    a.rmi(row, 0, MEMORY_BASE, index, 1, disp, 0);
  };
  a.test(length);
  a.branch(Condition.Equal, done);
  a.bind(next);
  touch(R11, -1);
  a.addConstant(R11, -PAGE_BYTES);
  a.compare(R11, pointer);
  a.branch(Condition.Greater, next);
  touch(pointer, 0);
  a.bind(done);
}

function store32(a: Code["a"], offset: number, from: number): void {
  a.rip(MOV32.rmReg, from, Relocation.DataSegment, Place.State, offset);
}

/** Where a call's ranges come, and where they are recorded. */
function rangesOf(call: Call): Range[] {
  const { places } = placesOf(serviceCallType(call)).parameters;
  const registerAt = (at: number): number => {
    const place = places[at];
    if (place?.kind !== "integer") throw new Error("a service call's arguments fit into registers");
    return place.register;
  };
  const counts: Partial<Record<Kind, number>> = {};
  const ranges: Range[] = [];
  let at = 0;
  for (const kind of call.parameters) {
    if (kind === "in" || kind === "out") {
      const number = counts[kind] ?? 0;
      if (number === RANGES_LIMIT)
        throw new Error(`a service call lends at most ${RANGES_LIMIT} ranges a kind`);
      counts[kind] = number + 1;
      const first = kind === "in" ? 0 : RANGES_LIMIT;
      const record = Live.Lends + (first + number) * LEND_BYTES;
      ranges.push({ kind, pointer: registerAt(at), length: registerAt(at + 1), record });
    }
    at += kind === "in" || kind === "out" ? 2 : 1;
  }
  if (places.some(({ kind }) => kind === "stack"))
    throw new Error("a service call's arguments fit into registers");
  return ranges;
}

export { LEND_BYTES, RANGES_LIMIT };
