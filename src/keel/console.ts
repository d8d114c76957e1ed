/**
 * The console of last resort: COM1, and QEMU's debug consoles for errors and for what only launchers read.
 *
 * Where a debug console is not there, its stream goes to COM1.
 */
import { ConsoleStream } from "../abi/boot.ts";
import { Condition, R8, RAX, RCX, RDX } from "../x64/register.ts";
import { CMOV64, CMP64, CMP8, IN8, PAUSE, REP_OUTSB, TEST8 } from "../x64/tables/index.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data } from "./layout.ts";
import { DEBUG_CONSOLE_MARK, Port } from "./ports.ts";

/** 16550 registers, and the line status that says that its FIFO is empty. */
const enum Uart {
  FifoControl = 2,
  LineControl = 3,
  LineStatus = 5,
}
const FIFO_ENABLE = 7;
const EIGHT_BITS = 3;
const EMPTY = 0x20;
const FIFO_BYTES = 16;
const WAIT_LIMIT = 100_000;

/** rdi: `ConsoleStream`, rsi: address, rdx: bytes. Changes rax rcx rdx rsi r8. Ring 3's memory is open to it. */
export function emitConsoleWrite(a: KeelAssembler, label: number): void {
  const [serial, mark, done] = [a.label(), a.label(), a.label()];
  a.begin(label);
  a.move(R8, RDX);
  a.compareConstant(7, ConsoleStream.Output);
  a.branch(Condition.Equal, serial);
  a.set(RDX, Port.Errors);
  a.compareConstant(7, ConsoleStream.Errors);
  a.branch(Condition.Equal, mark);
  a.set(RDX, Port.Control);
  a.bind(mark);
  a.none(IN8);
  a.ri(CMP8.rmImm8, RAX, DEBUG_CONSOLE_MARK);
  a.branch(Condition.NotEqual, serial);
  a.move(RCX, R8);
  a.none(REP_OUTSB);
  a.jump(done);
  a.bind(serial);
  emitSerial(a, done);
  a.bind(done);
  a.ret();
}

/** rsi, r8: the bytes. */
function emitSerial(a: KeelAssembler, done: number): void {
  const [ready, next, wait, empty] = [a.label(), a.label(), a.label(), a.label()];
  a.data(CMP64.rmImm32, 0, Data.ConsoleState, 0);
  a.branch(Condition.NotEqual, ready);
  a.outConstant(Port.Serial + Uart.LineControl, EIGHT_BITS);
  a.outConstant(Port.Serial + Uart.FifoControl, FIFO_ENABLE);
  a.setData(Data.ConsoleState, 1);
  a.bind(ready);
  a.bind(next);
  a.test(R8);
  a.branch(Condition.Equal, done);
  a.set(RCX, WAIT_LIMIT);
  a.set(RDX, Port.Serial + Uart.LineStatus);
  a.bind(wait);
  a.none(IN8);
  a.ri(TEST8.rmImm8, RAX, EMPTY);
  a.branch(Condition.NotEqual, empty);
  a.none(PAUSE);
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, wait);
  a.bind(empty);
  a.set(RCX, FIFO_BYTES);
  a.compare(RCX, R8);
  a.rr(CMOV64[Condition.Above]!, RCX, R8);
  a.subtract(R8, RCX);
  a.set(RDX, Port.Serial);
  a.none(REP_OUTSB);
  a.jump(next);
}
