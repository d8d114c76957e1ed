/**
 * The keel's own end: one line on the error console, then the machine stops.
 *
 *   first time    what happened, and the stack that overflowed if that was it
 *   second time   the report itself fell over: that is said, from the stack of calls, whatever the first one's was
 *   third time    nothing more
 *
 * A double fault may have come because its own stack is full: until it is known to be the first, nothing is pushed.
 * Pushing would double-fault again, from that stack's start, and so for ever.
 */
import { ConsoleStream, KEEL_PANIC_STATUS } from "../abi/boot.ts";
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R12, R13, R14, RAX, RBP, RCX, RDI, RDX, RSI, RSP } from "../x64/register.ts";
import { AND32, CMP64, LEA64, MOV8, MOVZX8TO32, PUSH, SHR64 } from "../x64/tables/index.ts";
import { DOUBLE_FAULT } from "./descriptors.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, KeelPage, PAGE_BYTES } from "./layout.ts";

export interface PanicLabels {
  readonly panic: number;
  readonly doubleFault: number;
  readonly consoleWrite: number;
  readonly exit: number;
}

const HEXADECIMAL = "0123456789abcdef";
const DIGITS = 16;
/** Longest first: each is written with a number behind it. */
const WORDS = ["skerry: the keel faulted: vector ", ", error ", ", at ", ", address "] as const;
const AGAIN = "\nskerry: the keel faulted again";
const OVERFLOW = ": overflow of the stack of ";
/** By the page below, which is not there. */
const STACKS: readonly (readonly [below: number, of: string])[] = [
  [KeelPage.Stack - 1, "calls"],
  [KeelPage.DoubleFaultStack - 1, "double faults"],
  [KeelPage.NmiStack - 1, "NMIs"],
  [KeelPage.MachineCheckStack - 1, "machine checks"],
];

/** What the routines share. */
interface PanicTexts {
  /** rsi, rdx: written. Changes what `consoleWrite` does, and rdi. */
  readonly write: number;
  /** What follows is written after a stack's name, if the fault's address is of a page below one. Changes r14. */
  readonly overflow: number;
  readonly newline: number;
}

export function emitPanic(a: KeelAssembler, labels: PanicLabels): void {
  const [report, again, end, quiet] = a.labels(4);
  const texts = { write: a.label(), overflow: a.label(), newline: a.label() };
  a.begin(labels.doubleFault);
  emitFirstTime(a, again);
  a.resetFlags();
  a.i(PUSH.imm8, DOUBLE_FAULT);
  a.jump(report);
  a.begin(labels.panic);
  emitFirstTime(a, again);
  a.bind(report);
  emitReport(a, texts, end);
  a.bind(again);
  a.branch(Condition.Above, quiet);
  a.dataAddress(RSP, (KeelPage.Stack + 1) * PAGE_BYTES);
  a.resetFlags();
  emitText(a, texts, AGAIN);
  a.call(texts.overflow);
  a.bind(end);
  a.ripLabel(LEA64, RSI, texts.newline);
  a.set(RDX, 1);
  a.call(texts.write);
  a.bind(quiet);
  a.set(RAX, KEEL_PANIC_STATUS);
  a.jump(labels.exit);
  a.begin(texts.write);
  a.set(RDI, ConsoleStream.Errors);
  a.jump(labels.consoleWrite);
  emitOverflow(a, texts);
}

/** Goes to `again`, above if for the third time. Pushes nothing. */
function emitFirstTime(a: KeelAssembler, again: number): void {
  a.addData(Data.Panics, 1);
  a.data(CMP64.rmImm32, 0, Data.Panics, 2);
  a.branch(Condition.AboveOrEqual, again);
}

/** rsp: vector, error, rip. The instruction is shown as its distance from the region's start. */
function emitReport(a: KeelAssembler, texts: PanicTexts, end: number): void {
  const number = a.label();
  a.move(RBP, RSP);
  const values: readonly (() => void)[] = [
    () => a.load(R12, RBP, 0),
    () => a.load(R12, RBP, 8),
    () => {
      a.load(R12, RBP, 16);
      a.dataAddress(RAX, 0);
      a.subtract(R12, RAX);
    },
    () => a.loadControl(R12, 2),
  ];
  WORDS.forEach((word, index) => {
    emitText(a, texts, word);
    values[index]!();
    a.call(number);
  });
  a.mi(CMP64.rmImm32, RBP, ABSENT, 1, 0, DOUBLE_FAULT);
  a.branch(Condition.NotEqual, end);
  a.call(texts.overflow);
  a.jump(end);
  emitNumber(a, number, texts);
}

/** The text stands behind the call that writes it. */
function emitText(a: KeelAssembler, { write }: PanicTexts, text: string): void {
  const [bytes, behind] = a.labels(2);
  a.ripLabel(LEA64, RSI, bytes);
  a.set(RDX, text.length);
  a.call(write);
  a.jump(behind);
  a.bind(bytes);
  a.raw(new TextEncoder().encode(text));
  a.bind(behind);
}

/** r12: written as 16 digits. */
function emitNumber(a: KeelAssembler, label: number, { write, newline }: PanicTexts): void {
  const [digits, next] = a.labels(2);
  a.begin(label);
  a.addConstant(RSP, -DIGITS);
  a.ripLabel(LEA64, R14, digits);
  a.set(R13, DIGITS);
  a.bind(next);
  a.move(RAX, R12);
  a.ri(AND32.rmImm32, RAX, DIGITS - 1);
  a.rm(MOVZX8TO32, RCX, R14, RAX, 1, 0);
  a.rm(MOV8.rmReg, RCX, RSP, R13, 1, -1);
  a.ri(SHR64.imm8, R12, 4);
  a.addConstant(R13, -1);
  a.branch(Condition.NotEqual, next);
  a.move(RSI, RSP);
  a.set(RDX, DIGITS);
  a.call(write);
  a.addConstant(RSP, DIGITS);
  a.ret();
  a.bind(digits);
  a.raw(new TextEncoder().encode(HEXADECIMAL));
  a.bind(newline);
  a.raw(new TextEncoder().encode("\n"));
}

/** Records of a page, a length and a name, to a page 0: the keel's first, which is below no stack. */
function emitOverflow(a: KeelAssembler, texts: PanicTexts): void {
  const [records, next, found, none] = a.labels(4);
  a.begin(texts.overflow);
  a.loadControl(RAX, 2);
  a.dataAddress(RCX, 0);
  a.subtract(RAX, RCX);
  a.shiftRight(RAX, Math.log2(PAGE_BYTES));
  a.ripLabel(LEA64, R14, records);
  a.bind(next);
  a.rm(MOVZX8TO32, RCX, R14, ABSENT, 1, 0);
  a.test(RCX);
  a.branch(Condition.Equal, none);
  a.rm(MOVZX8TO32, RDX, R14, ABSENT, 1, 1);
  a.compare(RCX, RAX);
  a.branch(Condition.Equal, found);
  a.rm(LEA64, R14, R14, RDX, 1, 2);
  a.jump(next);
  a.bind(found);
  emitText(a, texts, OVERFLOW);
  a.address(RSI, R14, 2);
  a.rm(MOVZX8TO32, RDX, R14, ABSENT, 1, 1);
  a.call(texts.write);
  a.bind(none);
  a.ret();
  a.bind(records);
  for (const [below, of] of STACKS) {
    a.raw([below, of.length]);
    a.raw(new TextEncoder().encode(of));
  }
  a.raw([0]);
}
