/**
 * The boot configuration from the words that the process was started with: each is a line of it, and `@N` stands for the
 * lines that descriptor N gives until its end. Descriptor 4 is the launcher's: control records go back there, and the
 * process does not outlive who started it.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R12, R13, R14, R15, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import { IMUL64, MOV8, MOVZX8TO32 } from "../../x64/tables/index.ts";
import { storeState } from "../compartment/code.ts";
import { CONFIGURATION, CONFIGURATION_LIMIT, CONTROL_DESCRIPTOR, ImageFixed } from "./image-state.ts";
import { emitParentWatch } from "./start.ts";
import { emitErrorCheck, emitSystemCall, SystemCall } from "./system-call.ts";

const LINE_END = "\n".charCodeAt(0);
/** The vector's first pointer is the program's own name. */
const FIRST_WORD = 16;

/** r15: the stack pointer at the process's start. Changes r12 to r14 and what a call may. */
export function emitArguments(a: Shorthand, failed: number): void {
  const [next, plain, done] = [a.label(), a.label(), a.label()];
  const [vector, end, start] = [R12, R14, R13];
  a.address(vector, R15, FIRST_WORD);
  a.placeAddress(start, Place.State, CONFIGURATION);
  a.move(end, start);
  a.load(RAX, R15);
  a.compareConstant(RAX, 1);
  a.branch(Condition.BelowOrEqual, done); // no words, not even a name
  a.bind(next);
  a.load(RSI, vector);
  a.addConstant(vector, 8);
  a.test(RSI);
  a.branch(Condition.Equal, done);
  a.rm(MOVZX8TO32, RAX, RSI, ABSENT, 1, 0);
  a.compareConstant(RAX, "@".charCodeAt(0));
  a.branch(Condition.NotEqual, plain);
  emitNumber(a);
  emitLauncher(a);
  emitLines(a, failed);
  a.jump(next);
  a.bind(plain);
  emitWord(a, failed);
  a.jump(next);
  a.bind(done);
  a.move(RAX, end);
  a.subtract(RAX, start);
  a.storePlace(Place.State, ImageFixed.ConfigurationBytes, RAX);
}

/** rsi: at the `@`. rdi: the number behind it. */
function emitNumber(a: Shorthand): void {
  const [digit, done] = [a.label(), a.label()];
  a.set(RDI, 0);
  a.bind(digit);
  a.addConstant(RSI, 1);
  a.rm(MOVZX8TO32, RAX, RSI, ABSENT, 1, 0);
  a.addConstant(RAX, -"0".charCodeAt(0));
  a.compareConstant(RAX, 9);
  a.branch(Condition.Above, done);
  a.rri(IMUL64.regRmImm8, RDI, RDI, 10);
  a.add(RDI, RAX);
  a.jump(digit);
  a.bind(done);
}

/** rdi: a descriptor. */
function emitLauncher(a: Shorthand): void {
  const another = a.label();
  a.push(RDI);
  emitParentWatch(a);
  a.pop(RDI);
  a.compareConstant(RDI, CONTROL_DESCRIPTOR);
  a.branch(Condition.NotEqual, another);
  storeState(a, ImageFixed.HasControl, 1);
  a.bind(another);
}

/** rdi: a descriptor. r14: end of the text so far. */
function emitLines(a: Shorthand, failed: number): void {
  const [again, whole, ended] = [a.label(), a.label(), a.label()];
  a.bind(again);
  a.move(RSI, R14);
  emitRoom(a, failed);
  emitSystemCall(a, SystemCall.Read);
  emitErrorCheck(a, failed);
  a.test(RAX);
  a.branch(Condition.Equal, whole);
  a.add(R14, RAX);
  a.jump(again);
  a.bind(whole);
  a.compare(R14, R13);
  a.branch(Condition.Equal, ended);
  a.rm(MOVZX8TO32, RAX, R14, ABSENT, 1, -1);
  a.compareConstant(RAX, LINE_END);
  a.branch(Condition.Equal, ended);
  emitLineEnd(a);
  a.bind(ended);
}

/** rsi: a word. */
function emitWord(a: Shorthand, failed: number): void {
  const [next, done] = [a.label(), a.label()];
  a.bind(next);
  emitRoom(a, failed);
  a.rm(MOVZX8TO32, RAX, RSI, ABSENT, 1, 0);
  a.compareConstant(RAX, 0);
  a.branch(Condition.Equal, done);
  a.rm(MOV8.rmReg, RAX, R14, ABSENT, 1, 0);
  a.addConstant(RSI, 1);
  a.addConstant(R14, 1);
  a.jump(next);
  a.bind(done);
  emitLineEnd(a);
}

/** rdx: bytes of room, one kept for a line's end. */
function emitRoom(a: Shorthand, failed: number): void {
  a.address(RDX, R13, CONFIGURATION_LIMIT - 1);
  a.subtract(RDX, R14);
  a.branch(Condition.BelowOrEqual, failed);
}

function emitLineEnd(a: Shorthand): void {
  a.set(RAX, LINE_END);
  a.rm(MOV8.rmReg, RAX, R14, ABSENT, 1, 0);
  a.addConstant(R14, 1);
}
