/**
 * What becomes of a fault in ring-3 code: whose it was, what the launcher is told, and where it goes on.
 *
 * Whose it was is said by rbx, which no compiled code ever writes: a compartment's base is there only while that
 * compartment runs, in its own code or in a routine or gate that it called. Everything else is the kernel's, or ours.
 *
 *   trap WHO CAUSE CODE ADDRESS [OFFSET:CODE ...]
 *
 * Of the stack only words that point into code are shown, as code offsets; of code and address only the distance from
 * where they belong: a record tells no secret of the program and no address of the machine. A compartment that trapped
 * is left to whoever entered it; the kernel is not: the machine ends.
 */
import { EnterStatus } from "../../abi/entry.ts";
import { Place } from "../../linker/platform.ts";
import { ABSENT } from "../../x64/encoder.ts";
import {
  Condition,
  MEMORY_BASE,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  R9,
  RAX,
  RBP,
  RBX,
  RCX,
  RDI,
  RDX,
  RSI,
  RSP,
} from "../../x64/register.ts";
import { CMOV64, CMP64, LEA64, MOV32, SUB64, UD2 } from "../../x64/tables/index.ts";
import {
  begin,
  fixedRecord,
  kernelMemory,
  loadMemoryBase,
  recoverable,
  storeState,
  type Code,
} from "./code.ts";
import { Cause, Control, Fault, Live, RECORD_BYTES, StackBounds, TRAP_STACK_END } from "./state.ts";
import { compartmentCount } from "./plan.ts";
import { appendLiteral, startText, tellText } from "./text.ts";

/** EX_SOFTWARE of sysexits. */
export const KERNEL_FAULT_STATUS = 70;
/** As a shell counts a process that aborted, 128 + SIGABRT; as `timeout` counts one that took too long. */
export const TRAP_STATUS = 134;
export const TIME_LIMIT_STATUS = 124;

const SCANNED_BYTES = 32 * 1024;
/** Words shown: what fits into a record's text. */
const SHOWN_LIMIT = 256;
const NO_CODE = 0xffff_ffff | 0;

/** Registers for the length of a record. */
const RECORD = RBP;
const FIXED_RECORD = R12;
const CAUSE = R13;

export function emitTrap(code: Code): void {
  const { a, labels } = code;
  begin(a, labels.trap);
  a.placeAddress(RSP, Place.State, TRAP_STACK_END);
  a.call(labels.findWho);
  emitCause(code);
  startText(a, "trap ");
  a.call(labels.who);
  appendLiteral(a, " ");
  a.move(RAX, CAUSE);
  a.call(labels.hexadecimal);
  emitPlace(code);
  emitStackWords(code);
  tellText(code);
  emitEnd(code);

  begin(a, labels.findWho);
  emitFindWho(code);
}

/** rbp: the record of the compartment whose base the fault found in rbx, 0 for the kernel; r12: the one in `Fixed`. */
function emitFindWho(code: Code): void {
  const { a, plan, records } = code;
  const [next, found] = [a.label(), a.label()];
  a.loadPlace(RAX, Place.State, Live.Fault + Fault.MemoryBase);
  a.placeAddress(FIXED_RECORD, Place.State, records.fixed);
  a.set(RCX, compartmentCount(plan));
  a.bind(next);
  a.rm(CMP64.regRm, RAX, FIXED_RECORD, ABSENT, 1, StackBounds.Memory);
  a.branch(Condition.Equal, found);
  a.addConstant(FIXED_RECORD, RECORD_BYTES);
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, next);
  a.set(RECORD, 0);
  a.placeAddress(FIXED_RECORD, Place.State, fixedRecord(code, "kernel"));
  a.ret();
  a.bind(found);
  a.address(RECORD, FIXED_RECORD, -records.fixed);
  a.ret();
}

/** A page fault in the guard below a stack is the stack's end. r13: the cause. */
function emitCause({ a }: Code): void {
  const known = a.label();
  a.loadPlace(CAUSE, Place.State, Live.Fault + Fault.Cause);
  a.compareConstant(CAUSE, Cause.PageFault);
  a.branch(Condition.NotEqual, known);
  a.loadPlace(RAX, Place.State, Live.Fault + Fault.Address);
  a.rm(CMP64.regRm, RAX, FIXED_RECORD, ABSENT, 1, StackBounds.Guard);
  a.branch(Condition.Below, known);
  a.rm(CMP64.regRm, RAX, FIXED_RECORD, ABSENT, 1, StackBounds.Start);
  a.branch(Condition.AboveOrEqual, known);
  a.set(CAUSE, Cause.StackExhausted);
  a.bind(known);
}

/** Code offset and address. r10: code base, r11: bytes of code. */
function emitPlace(code: Code): void {
  const { a, labels } = code;
  const [inCode, addressed, noAddress] = [a.label(), a.label(), a.label()];
  a.codeBase(R10);
  a.ripLabel(LEA64, R11, labels.codeEnd);
  a.subtract(R11, R10);
  appendLiteral(a, " ");
  a.loadPlace(RAX, Place.State, Live.Fault + Fault.InstructionPointer);
  a.subtract(RAX, R10);
  a.compare(RAX, R11);
  a.branch(Condition.Below, inCode);
  a.ri(MOV32.regImm32, RAX, NO_CODE);
  a.bind(inCode);
  a.call(labels.hexadecimal);
  appendLiteral(a, " ");
  a.compareConstant(CAUSE, Cause.PageFault);
  a.branch(Condition.Equal, addressed);
  a.set(RAX, 0);
  a.compareConstant(CAUSE, Cause.StackExhausted);
  a.branch(Condition.NotEqual, noAddress);
  // From the memory it would tell how far apart both were drawn.
  a.loadPlace(RAX, Place.State, Live.Fault + Fault.Address);
  a.rm(SUB64.regRm, RAX, FIXED_RECORD, ABSENT, 1, StackBounds.Start);
  a.jump(noAddress);
  a.bind(addressed);
  a.loadPlace(RAX, Place.State, Live.Fault + Fault.Address);
  a.rm(SUB64.regRm, RAX, FIXED_RECORD, ABSENT, 1, StackBounds.Memory);
  a.bind(noAddress);
  a.call(labels.hexadecimal);
}

/** r10: code base, r11: bytes of code. */
function emitStackWords(code: Code): void {
  const { a, labels } = code;
  const [next, skip, done] = [a.label(), a.label(), a.label()];
  const [at, end, count, from] = [R14, R15, RBX, R9];
  a.loadPlace(from, Place.State, Live.Fault + Fault.StackPointer);
  a.rm(CMP64.regRm, from, FIXED_RECORD, ABSENT, 1, StackBounds.Guard);
  a.branch(Condition.Below, done);
  // A stack that is exhausted has rsp in its guard: what can be read begins above.
  a.load(at, FIXED_RECORD, StackBounds.Start);
  a.compare(at, from);
  a.rr(CMOV64[Condition.Below]!, at, from);
  a.load(end, FIXED_RECORD, StackBounds.End);
  a.address(RAX, at, SCANNED_BYTES);
  a.compare(end, RAX);
  a.rr(CMOV64[Condition.Above]!, end, RAX);
  a.set(count, SHOWN_LIMIT);
  a.bind(next);
  a.compare(at, end);
  a.branch(Condition.AboveOrEqual, done);
  recoverable(code, done, () => a.load(RSI, at));
  a.subtract(RSI, R10);
  a.compare(RSI, R11);
  a.branch(Condition.AboveOrEqual, skip);
  appendLiteral(a, " ");
  a.move(RAX, at);
  a.subtract(RAX, from);
  a.call(labels.hexadecimal);
  appendLiteral(a, ":");
  a.move(RAX, RSI);
  a.call(labels.hexadecimal);
  a.addConstant(count, -1);
  a.branch(Condition.Equal, done);
  a.bind(skip);
  a.addConstant(at, 8);
  a.jump(next);
  a.bind(done);
}

/** On in the kernel that entered the compartment, or nowhere. */
function emitEnd(code: Code): void {
  const { a, labels, records } = code;
  const [kernel, early, timedOut] = [a.label(), a.label(), a.label()];
  a.test(RECORD);
  a.branch(Condition.Equal, kernel);
  a.loadPlace(RCX, Place.State, Live.Current);
  a.test(RCX);
  a.branch(Condition.Equal, early);
  a.compare(RCX, RECORD);
  a.branch(Condition.NotEqual, kernel);
  a.set(RAX, EnterStatus.TimedOut);
  a.compareConstant(CAUSE, Cause.TimeLimit);
  a.branch(Condition.Equal, timedOut);
  a.set(RAX, EnterStatus.Trapped);
  a.bind(timedOut);
  a.store(RECORD, records.controls + Control.Status, RAX);
  // Before the next fault or tick counts: what it finds in rbx is the kernel's.
  loadMemoryBase(a, MEMORY_BASE, kernelMemory(code));
  storeState(a, Live.Trapping, 0);
  a.set(RDX, 0);
  a.jump(labels.leave);
  a.bind(early);
  a.set(RDI, TRAP_STATUS);
  a.jump(labels.end);
  a.bind(kernel);
  a.set(RDI, KERNEL_FAULT_STATUS);
  a.jump(labels.end);
}

/** rdi: status. Ends the machine, as the launcher is told. */
export function emitEndRecord(code: Code): void {
  const { a, labels } = code;
  begin(a, labels.end);
  a.placeAddress(RSP, Place.State, TRAP_STACK_END);
  a.rr(MOV32.regRm, R15, RDI);
  startText(a, "exit ");
  a.move(RAX, R15);
  a.call(labels.decimal);
  tellText(code);
  a.move(RDI, R15);
  a.call(labels.exit);
  a.none(UD2); // it does not return
}
