/**
 * What the pieces of code around compartments share while they are written: the assembler with names for the state,
 * and the labels by which they call each other.
 */
import { Relocation } from "../../abi/object.ts";
import type { FunctionPlace, LinkedParts } from "../../linker/linked.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Padding } from "../../x64/assembler.ts";
import { CMP64, LEA64, MOV64, UD2 } from "../../x64/tables/index.ts";
import type { FunctionName, ImagePlan } from "./plan.ts";
import type { ReadOnlyData } from "./read-only.ts";
import { Fixed, RECORD_BYTES, StackBounds, type RecordPlaces } from "./state.ts";
import type { CompartmentLabels, System } from "./system.ts";

const ALIGNMENT = 16;
const ADDRESS_BYTES = 8;

/** Labels of subroutines; what each does stands where it is emitted. */
export interface CodeLabels extends CompartmentLabels {
  /** `enter.ts` */
  readonly enterCode: number;
  readonly leave: number;
  readonly waiting: number;
  /** `time-limit.ts` */
  readonly overdue: number;
  /** `text.ts` */
  readonly hexadecimal: number;
  readonly decimal: number;
  readonly who: number;
  readonly tell: number;
  /** `trap.ts` */
  readonly findWho: number;
  /** `prepare.ts`; one a kind of compartments. */
  readonly prepare: readonly number[];
  readonly words: number;
  /** `settle.ts` */
  readonly configurationFind: number;
  readonly configurationNumber: number;
  /** One past the last byte of all code. */
  readonly codeEnd: number;
  /** The system's functions. */
  readonly controlWrite: number;
  readonly exit: number;
  readonly discardMemory: number;
  readonly discardTable: number;
  readonly configurationText: number;
}

export interface Code {
  readonly a: Shorthand;
  readonly parts: LinkedParts;
  readonly plan: ImagePlan;
  readonly system: System;
  readonly readOnly: ReadOnlyData;
  readonly records: RecordPlaces;
  readonly labels: CodeLabels;
  /** Grows while the code is written. */
  readonly recoveries: Recovery[];
}

/**
 * While a trap is told, an instruction reads what the app may have left without a page. Where no page is left, the
 * platform goes on at `to` instead, with all registers as they were.
 */
export interface Recovery {
  /** Labels. */
  readonly from: number;
  readonly to: number;
}

/** Writes an instruction that has a recovery. */
export function recoverable({ a, recoveries }: Code, to: number, write: () => void): void {
  const from = a.label();
  a.bind(from);
  recoveries.push({ from, to });
  write();
}

/** Starts a function or another piece that nothing falls into. */
export function begin(a: Shorthand, label = a.label()): number {
  a.align(ALIGNMENT, Padding.Trap);
  a.bind(label);
  return label;
}

/** What the code at `label` does is never done: a fault here ends the machine, or the compartment whose rbx it is. */
export function emitFault(a: Shorthand, label: number): void {
  a.bind(label);
  a.none(UD2);
}

export function functionPlace({ parts }: Code, { instance, index }: FunctionName): FunctionPlace {
  return parts.instances[instance]!.functions[index]!;
}

export function kernelMemory({ parts, plan }: Code): number {
  return parts.instances[plan.kernel.instance]!.memory;
}

/** The linker's memory of a kind of compartments: its first one's. */
export function compartmentMemory({ parts, plan }: Pick<Code, "parts" | "plan">, kind: number): number {
  const [memory, ...others] = plan.compartments[kind]!.instances.map((each) => parts.instances[each]!.memory);
  if (memory === undefined || others.some((other) => other !== memory)) {
    throw new Error(`compartment ${kind} needs instances over one memory`);
  }
  return memory;
}

/** What is no compartment's is the kernel's. */
export function ownerOfMemory(code: Pick<Code, "parts" | "plan">, memory: number): "kernel" | "app" {
  const isApps = code.plan.compartments.some((_, kind) => compartmentMemory(code, kind) === memory);
  return isApps ? "app" : "kernel";
}

/** Stack bounds and memory base of the kernel, or of a compartment: offset in `Place.State`. */
export function fixedRecord({ records }: Pick<Code, "records">, who: number | "kernel"): number {
  return who === "kernel" ? Fixed.Kernel : records.fixed + who * RECORD_BYTES;
}

export function controlRecord({ records }: Code, compartment: number): number {
  return records.controls + compartment * RECORD_BYTES;
}

/** The memory base of the compartment whose record `record` points at. */
export function loadCompartmentBase({ a, records }: Code, to: number, record: number): void {
  a.load(to, record, records.fixed + StackBounds.Memory);
}

/** The memory's base, from where nothing writes after start. */
export function loadMemoryBase(a: Shorthand, to: number, memory: number): void {
  a.loadPlace(to, Place.MemoryBases, memory * ADDRESS_BYTES);
}

export function storeState(a: Shorthand, offset: number, constant: number): void {
  a.rip(MOV64.rmImm32, 0, Relocation.DataSegment, Place.State, offset, constant);
}

export function compareState(a: Shorthand, offset: number, constant: number): void {
  a.rip(CMP64.rmImm8, 0, Relocation.DataSegment, Place.State, offset, constant);
}

export function callFunction(a: Shorthand, { code }: FunctionPlace): void {
  a.callRelocated(Relocation.Function, code);
}

export function functionAddress(a: Shorthand, to: number, { code }: FunctionPlace): void {
  a.rip(LEA64, to, Relocation.Function, code, 0);
}
