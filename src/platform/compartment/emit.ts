/**
 * All code around compartments, for a platform: it begins with `beginCode`, has this written, writes its own start-up
 * with `code.labels`, and ends with `finishCode`.
 */
import type { LinkedParts } from "../../linker/linked.ts";
import type { PlatformCode } from "../../linker/platform.ts";
import { Shorthand } from "../../linker/shorthand.ts";
import { emitAbort } from "./abort.ts";
import { emitBoot } from "./boot.ts";
import { begin, type Code, type CodeLabels } from "./code.ts";
import { emitEnter, emitSuspend } from "./enter.ts";
import { emitGate } from "./gate.ts";
import { emitKernelFunction } from "./kernel-functions.ts";
import {
  COMPARTMENTS_LIMIT,
  compartmentCount,
  KINDS_LIMIT,
  type ImagePlan,
  type PlatformFunction,
} from "./plan.ts";
import { emitPrepare } from "./prepare.ts";
import { ReadOnlyData } from "./read-only.ts";
import { emitSettle } from "./settle.ts";
import { placeRecords, SYSTEM_STATE } from "./state.ts";
import type { System } from "./system.ts";
import { emitText } from "./text.ts";
import { emitOverdue, emitTick } from "./time-limit.ts";
import { emitEndRecord, emitTrap } from "./trap.ts";
import { emitWords } from "./words.ts";

/** `system` may add to `readOnly` while its functions are written. */
export function beginCode(
  parts: LinkedParts,
  plan: ImagePlan,
  createSystem: (readOnly: ReadOnlyData, a: Shorthand) => System,
): Code {
  checkCounts(plan);
  const a = new Shorthand();
  const readOnly = new ReadOnlyData();
  const system = createSystem(readOnly, a);
  const records = placeRecords(compartmentCount(plan), SYSTEM_STATE + system.stateBytes);
  return { a, parts, plan, system, readOnly, records, labels: createLabels(a, plan), recoveries: [] };
}

function checkCounts(plan: ImagePlan): void {
  const [kinds, count] = [plan.compartments.length, compartmentCount(plan)];
  if (kinds > KINDS_LIMIT || count > COMPARTMENTS_LIMIT) {
    throw new Error(`an image has at most ${COMPARTMENTS_LIMIT} compartments of ${KINDS_LIMIT} kinds`);
  }
  if (count > kinds && kinds > 1)
    throw new Error("an image has several kinds of compartments, or several of one");
}

function createLabels(a: Shorthand, plan: ImagePlan): CodeLabels {
  return {
    settle: a.label(),
    boot: a.label(),
    trap: a.label(),
    tick: a.label(),
    end: a.label(),
    enterCode: a.label(),
    leave: a.label(),
    waiting: a.label(),
    overdue: a.label(),
    hexadecimal: a.label(),
    decimal: a.label(),
    who: a.label(),
    tell: a.label(),
    findWho: a.label(),
    prepare: plan.compartments.map(() => a.label()),
    words: a.label(),
    configurationFind: a.label(),
    configurationNumber: a.label(),
    codeEnd: a.label(),
    controlWrite: a.label(),
    exit: a.label(),
    discardMemory: a.label(),
    discardTable: a.label(),
    configurationText: a.label(),
  };
}

export interface CompartmentCode {
  /** Labels of the program's functions, by index. */
  readonly functions: readonly number[];
  readonly memoryGrow: number;
  readonly tableGrow: number;
}

export function emitCompartments(code: Code): CompartmentCode {
  const { a, plan, system, labels } = code;
  const functions = plan.functions.map((each) => {
    const label = begin(a);
    emitFunction(code, each);
    return label;
  });
  const has = (name: string) =>
    plan.functions.some((each) => each.kind === "compartment" && each.name === name);
  // What others go to is there even where the kernel imports nothing of it.
  if (!has("enter")) emitApart(code, emitEnter);
  if (!has("suspend")) emitApart(code, emitSuspend);
  emitPrepare(code);
  emitWords(code);
  emitText(code);
  emitTrap(code);
  emitEndRecord(code);
  emitTick(code);
  emitOverdue(code);
  emitSettle(code);
  emitBoot(code);
  for (const name of [
    "controlWrite",
    "exit",
    "discardMemory",
    "discardTable",
    "configurationText",
  ] as const) {
    begin(a, labels[name]);
    system[name](a);
  }
  const memoryGrow = begin(a);
  system.memoryGrow(a);
  const tableGrow = begin(a);
  system.tableGrow(a);
  return { functions, memoryGrow, tableGrow };
}

function emitApart(code: Code, emit: (code: Code) => void): void {
  begin(code.a);
  emit(code);
}

function emitFunction(code: Code, each: PlatformFunction): void {
  if (each.kind === "gate") emitGate(code, each);
  else if (each.kind === "abort") emitAbort(code);
  else emitKernelFunction(code, each);
}

/** The finished code; `entry` is the label of the start-up. `whenPlaced` hears the offset of every label. */
export function finishCode(
  code: Code,
  { functions, memoryGrow, tableGrow }: CompartmentCode,
  entry: number,
  whenPlaced: (labels: Int32Array) => void = () => {},
): PlatformCode {
  const { a, labels, readOnly } = code;
  begin(a, labels.codeEnd);
  const assembled = a.finish();
  whenPlaced(assembled.labels);
  const offset = (label: number): number => assembled.labels[label]!;
  return {
    bytes: assembled.code,
    readOnly: readOnly.finish(),
    relocations: assembled.relocations,
    entry: offset(entry),
    memoryGrow: offset(memoryGrow),
    tableGrow: offset(tableGrow),
    entryStubs: [],
    functions: functions.map(offset),
    readOnlyParts: readOnly.parts,
  };
}
