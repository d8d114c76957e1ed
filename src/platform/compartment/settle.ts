/**
 * What follows from bases, bounds and configuration, before they become read-only.
 *
 *   app.timeLimitMs=10000   how long one entry of the app may run
 *   app.memoryMiB=64        how far the app's memory may grow; without it as far as its type says
 */
import { EnterStatus } from "../../abi/entry.ts";
import { Place } from "../../linker/platform.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R11, R8, R9, RAX, RCX, RDX, RSI, RSP } from "../../x64/register.ts";
import { CMP8, DIV64, IMUL64, MOV8, MOVZX8TO32, SHL64 } from "../../x64/tables/index.ts";
import {
  begin,
  compartmentMemory,
  fixedRecord,
  kernelMemory,
  loadMemoryBase,
  storeState,
  type Code,
} from "./code.ts";
import { compartmentCount, isReplicated, type ImagePlan } from "./plan.ts";
import { Control, Fixed, RECORD_BYTES, StackBounds } from "./state.ts";

const DEFAULT_TIME_LIMIT_MS = 10_000;
const GRACE_TICKS = 5;
const PAGES_PER_MIB_BITS = 4;
/** Of a number: more digits make none. */
const DIGITS_LIMIT = 9;
const LINE_END = "\n".charCodeAt(0);
const WORD_BYTES = 8;

/** A function. */
export function emitSettle(code: Code): void {
  const { a, labels, plan, system } = code;
  const [limited, someTicks, unlimited] = [a.label(), a.label(), a.label()];
  begin(a, labels.settle);
  a.addConstant(RSP, -WORD_BYTES);
  loadMemoryBase(a, RAX, kernelMemory(code));
  a.storePlace(Place.State, fixedRecord(code, "kernel") + StackBounds.Memory, RAX);
  if (isReplicated(plan)) emitNotReady(code);
  else {
    plan.compartments.forEach((_, compartment) => {
      loadMemoryBase(a, RAX, compartmentMemory(code, compartment));
      a.storePlace(Place.State, fixedRecord(code, compartment) + StackBounds.Memory, RAX);
    });
  }
  callNumber(code, "app.timeLimitMs=");
  a.test(RDX);
  a.branch(Condition.NotEqual, limited);
  a.set(RAX, plan.limits?.timeMs || DEFAULT_TIME_LIMIT_MS);
  a.bind(limited);
  a.set(RDX, 0);
  a.set(RCX, system.tickMs);
  a.r(DIV64, RCX);
  a.test(RAX);
  a.branch(Condition.NotEqual, someTicks);
  a.set(RAX, 1);
  a.bind(someTicks);
  a.storePlace(Place.State, Fixed.AllowedTicks, RAX);
  a.addConstant(RAX, graceTicks(plan));
  a.storePlace(Place.State, Fixed.TickLimit, RAX);
  storeState(a, Fixed.AppPages, (plan.limits?.memoryMiB ?? 0) << PAGES_PER_MIB_BITS);
  callNumber(code, "app.memoryMiB=");
  a.test(RDX);
  a.branch(Condition.Equal, unlimited);
  a.ri(SHL64.imm8, RAX, PAGES_PER_MIB_BITS);
  a.storePlace(Place.State, Fixed.AppPages, RAX);
  a.bind(unlimited);
  a.addConstant(RSP, WORD_BYTES);
  a.ret();

  begin(a, labels.configurationFind);
  emitFind(code);
  begin(a, labels.configurationNumber);
  emitNumber(code);
}

/** An app that asks for its time ends its entry itself, and says where it was. */
function graceTicks({ program }: ImagePlan): number {
  return program.functions?.some(({ name }) => name === "app.isOverdue") === true ? GRACE_TICKS : 0;
}

/** Where there are many of one kind, the platform has found their memories, and only the first begins by itself. */
function emitNotReady({ a, plan, records }: Code): void {
  const next = a.label();
  a.placeAddress(R8, Place.State, RECORD_BYTES);
  a.set(RAX, EnterStatus.Trapped);
  a.set(RCX, compartmentCount(plan) - 1);
  a.bind(next);
  a.store(R8, records.controls + Control.Status, RAX);
  a.addConstant(R8, RECORD_BYTES);
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, next);
}

/** rax: the number behind `key`, rdx: not 0 if there is one. */
function callNumber(code: Code, key: string): void {
  code.a.call(code.labels.configurationText);
  loadKey(code, key);
  code.a.call(code.labels.configurationNumber);
}

/** r8, r9: the key of a configuration line, with its `=`. */
export function loadKey({ a, readOnly }: Code, key: string): void {
  a.placeAddress(R8, Place.ReadOnly, readOnly.addText(key));
  a.set(R9, key.length);
}

/** r8: a key with its `=`, r9: bytes of it; rsi: text, rdx: bytes of it. rsi: its value, 0 if none; r10: end of the text. */
function emitFind({ a }: Code): void {
  const [line, character, passed, none] = [a.label(), a.label(), a.label(), a.label()];
  const end = R10;
  a.move(end, RDX);
  a.add(end, RSI);
  a.bind(line);
  a.move(RAX, RSI);
  a.add(RAX, R9);
  a.compare(RAX, end);
  a.branch(Condition.Above, none);
  a.set(RCX, 0);
  a.bind(character);
  a.rm(MOV8.regRm, RAX, RSI, RCX, 1, 0);
  a.rm(CMP8.regRm, RAX, R8, RCX, 1, 0);
  a.branch(Condition.NotEqual, passed);
  a.addConstant(RCX, 1);
  a.compare(RCX, R9);
  a.branch(Condition.Below, character);
  a.add(RSI, R9);
  a.ret();
  a.bind(passed);
  a.compare(RSI, end);
  a.branch(Condition.AboveOrEqual, none);
  a.rm(MOVZX8TO32, RAX, RSI, ABSENT, 1, 0);
  a.addConstant(RSI, 1);
  a.compareConstant(RAX, LINE_END);
  a.branch(Condition.NotEqual, passed);
  a.jump(line);
  a.bind(none);
  a.set(RSI, 0);
  a.ret();
}

/** As `emitFind`. rax: the number, rdx: count of its digits. */
function emitNumber({ a, labels }: Code): void {
  const [digit, none, done] = [a.label(), a.label(), a.label()];
  a.call(labels.configurationFind);
  a.set(RAX, 0);
  a.set(RDX, 0);
  a.test(RSI);
  a.branch(Condition.Equal, none);
  a.bind(digit);
  a.compare(RSI, R10);
  a.branch(Condition.AboveOrEqual, done);
  a.rm(MOVZX8TO32, R11, RSI, ABSENT, 1, 0);
  a.addConstant(R11, -"0".charCodeAt(0));
  a.compareConstant(R11, 9);
  a.branch(Condition.Above, done);
  a.rri(IMUL64.regRmImm8, RAX, RAX, 10);
  a.add(RAX, R11);
  a.addConstant(RSI, 1);
  a.addConstant(RDX, 1);
  a.compareConstant(RDX, DIGITS_LIMIT);
  a.branch(Condition.BelowOrEqual, digit);
  a.bind(none);
  a.set(RDX, 0);
  a.bind(done);
  a.ret();
}
