/** The keel's own end: one line on the error console, then the machine stops. */
import { ConsoleStream, KEEL_PANIC_STATUS } from "../abi/boot.ts";
import { Condition, R12, R13, R14, RAX, RBP, RCX, RDI, RDX, RSI, RSP } from "../x64/register.ts";
import { AND32, LEA64, MOV8, MOVZX8TO32, SHR64 } from "../x64/tables/index.ts";
import type { KeelAssembler } from "./keel-assembler.ts";

export interface PanicLabels {
  readonly panic: number;
  readonly consoleWrite: number;
  readonly exit: number;
}

const HEXADECIMAL = "0123456789abcdef";
const DIGITS = 16;
/** Longest first: each is written with a number behind it. */
const WORDS = ["skerry: the keel faulted: vector ", ", error ", ", at ", ", address "] as const;

/** rsp: vector, error, rip. The instruction is shown as its distance from the region's start. */
export function emitPanic(a: KeelAssembler, { panic, consoleWrite, exit }: PanicLabels): void {
  const number = a.label();
  const digits = a.label();
  const texts = WORDS.map(() => a.label());
  const newline = a.label();
  a.begin(panic);
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
  const write = (label: number, sizeBytes: number) => {
    a.set(RDI, ConsoleStream.Errors);
    a.ripLabel(LEA64, RSI, label);
    a.set(RDX, sizeBytes);
    a.call(consoleWrite);
  };
  WORDS.forEach((word, index) => {
    write(texts[index]!, word.length);
    values[index]!();
    a.call(number);
  });
  write(newline, 1);
  a.set(RAX, KEEL_PANIC_STATUS);
  a.jump(exit);

  // r12: written as 16 digits.
  const next = a.label();
  a.begin(number);
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
  a.set(RDI, ConsoleStream.Errors);
  a.move(RSI, RSP);
  a.set(RDX, DIGITS);
  a.call(consoleWrite);
  a.addConstant(RSP, DIGITS);
  a.ret();

  const encoder = new TextEncoder();
  a.bind(digits);
  a.raw(encoder.encode(HEXADECIMAL));
  WORDS.forEach((word, index) => {
    a.bind(texts[index]!);
    a.raw(encoder.encode(word));
  });
  a.bind(newline);
  a.raw(encoder.encode("\n"));
}
