/**
 * Code that gives itself up: AssemblyScript's `env.abort` of an app, `platform.panic` of the kernel. What it says goes
 * to the launcher before its trap does.
 *
 * Source: AssemblyScript, "Runtime": a string's pointer has the length in bytes in the u32 before it, UTF-16 behind.
 */
import { MemoryHeader } from "../../abi/object.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, MEMORY_BASE, R13, R14, R15, R9, RAX, RCX, RDX, RSI, RSP } from "../../x64/register.ts";
import { CMP64, LEA64, MOV32, MOVZX16TO32, MOVZX8TO32, SHR32 } from "../../x64/tables/index.ts";
import { begin, recoverable, storeState, type Code } from "./code.ts";
import { Cause, Fault, Live, TRAP_STACK_END } from "./state.ts";
import { appendByte, appendLiteral, startText, tellText } from "./text.ts";

/** Characters shown of one string. */
const SHOWN_LIMIT = 256;
const SPACE = 0x20;
const DELETE = 0x7f;
const REPLACEMENT = "?".charCodeAt(0);

/** rax: message, rdx: file, rcx: line, rsi: column; rbx the compartment's. */
export function emitAbort(code: Code): void {
  const { a, labels } = code;
  const [text, noMessage, said] = [a.label(), a.label(), a.label()];
  const [file, line, column] = [R13, R14, R15];
  a.move(R9, RAX);
  emitGiveUp(a);
  a.move(file, RDX);
  a.move(line, RCX);
  a.move(column, RSI);
  emitStart(code);
  a.move(RAX, R9);
  a.test(RAX);
  a.branch(Condition.Equal, noMessage);
  a.call(text);
  a.jump(said);
  a.bind(noMessage);
  appendLiteral(a, "abort");
  a.bind(said);
  appendLiteral(a, " (");
  a.move(RAX, file);
  a.call(text);
  for (const number of [line, column]) {
    appendLiteral(a, ":");
    a.rr(MOV32.regRm, RAX, number);
    a.call(labels.decimal);
  }
  appendLiteral(a, ")");
  tellText(code);
  a.jump(labels.trap);

  // rax: a string. What is no string of the memory is nothing.
  begin(a, text);
  emitString(code);
}

/** rax: pointer, rdx: bytes of the message, ASCII; rbx the kernel's. */
export function emitPanic(code: Code): void {
  const { a, labels } = code;
  const [next, none] = [a.label(), a.label()];
  const count = R14;
  a.move(R9, RAX);
  emitGiveUp(a);
  a.move(count, RDX);
  emitStart(code);
  a.rm(LEA64, RAX, R9, count, 1, 0);
  a.rm(CMP64.regRm, RAX, MEMORY_BASE, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.Above, none);
  emitAtMost(a, count);
  a.branch(Condition.Equal, none);
  a.bind(next);
  a.rm(MOVZX8TO32, RDX, MEMORY_BASE, R9, 1, 0);
  appendCharacter(a);
  a.addConstant(R9, 1);
  a.addConstant(count, -1);
  a.branch(Condition.NotEqual, next);
  a.bind(none);
  tellText(code);
  a.jump(labels.trap);
}

/** At the entry of a function: a fault record as if it had trapped. Changes rax and nothing else. */
function emitGiveUp(a: Shorthand): void {
  const here = a.label();
  a.bind(here);
  storeState(a, Live.Trapping, 1);
  a.ripLabel(LEA64, RAX, here);
  a.storePlace(Place.State, Live.Fault + Fault.InstructionPointer, RAX);
  a.storePlace(Place.State, Live.Fault + Fault.StackPointer, RSP);
  a.storePlace(Place.State, Live.Fault + Fault.MemoryBase, MEMORY_BASE);
  storeState(a, Live.Fault + Fault.Address, 0);
  storeState(a, Live.Fault + Fault.Cause, Cause.Abort);
}

/** `abort WHO `, on the stack of `trap`. Changes rbp, r12. */
function emitStart({ a, labels }: Code): void {
  a.placeAddress(RSP, Place.State, TRAP_STACK_END);
  a.call(labels.findWho);
  startText(a, "abort ");
  a.call(labels.who);
  appendLiteral(a, " ");
}

/** A function. rax: pointer of an AssemblyScript string. Changes rcx, rdx, rsi. */
function emitString(code: Code): void {
  const { a } = code;
  const [next, none] = [a.label(), a.label()];
  const count = RSI;
  a.compareConstant(RAX, 4);
  a.branch(Condition.Below, none);
  a.rm(CMP64.regRm, RAX, MEMORY_BASE, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.Above, none);
  recoverable(code, none, () => a.rm(MOV32.regRm, count, MEMORY_BASE, RAX, 1, -4));
  a.rm(LEA64, RDX, RAX, count, 1, 0);
  a.rm(CMP64.regRm, RDX, MEMORY_BASE, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.Above, none);
  a.ri(SHR32.imm8, count, 1);
  emitAtMost(a, count);
  a.branch(Condition.Equal, none);
  a.bind(next);
  recoverable(code, none, () => a.rm(MOVZX16TO32, RDX, MEMORY_BASE, RAX, 1, 0));
  appendCharacter(a);
  a.addConstant(RAX, 2);
  a.addConstant(count, -1);
  a.branch(Condition.NotEqual, next);
  a.bind(none);
  a.ret();
}

/** Cuts `count`; the flags say whether it is 0. */
function emitAtMost(a: Shorthand, count: number): void {
  const few = a.label();
  a.compareConstant(count, SHOWN_LIMIT);
  a.branch(Condition.BelowOrEqual, few);
  a.set(count, SHOWN_LIMIT);
  a.bind(few);
  a.test(count);
}

/** edx: a character. Only those of ASCII that can be seen: a record is one line, and a terminal shows it. */
function appendCharacter(a: Shorthand): void {
  const [replaced, shown] = [a.label(), a.label()];
  a.compareConstant(RDX, SPACE);
  a.branch(Condition.Below, replaced);
  a.compareConstant(RDX, DELETE);
  a.branch(Condition.Below, shown);
  a.bind(replaced);
  a.set(RDX, REPLACEMENT);
  a.bind(shown);
  appendByte(a, RDX);
}
