/** The end of a machine that cannot be started: one line on the serial port and the error console, and its status. */
import { ABSENT } from "../x64/encoder.ts";
import { Condition, RAX, RCX, RDX, RSI } from "../x64/register.ts";
import { ADD32, CLI, HLT, MOV8, OUT8, SUB32 } from "../x64/tables/index.ts";
import type { RealModeAssembler } from "./real-mode-assembler.ts";

/** COM1, and QEMU's debug console where a launcher has one. */
const CONSOLES = [0x3f8, 0xe9];
/** QEMU's isa-debug-exit. */
const EXIT_PORT = 0xf4;
/** As a keel's that refuses its processor. */
const REFUSED_STATUS = 71;

/** Does not return. In real mode, with the data segment at 0. */
export function emitStop(a: RealModeAssembler, text: string): void {
  const [message, next, stop] = a.labels(3);
  a.setToLabel(RSI, message);
  a.set32(RCX, text.length);
  a.bind(next);
  a.rm(MOV8.regRm, RAX, RSI, ABSENT, 1, 0);
  for (const port of CONSOLES) {
    a.set32(RDX, port);
    a.none(OUT8);
  }
  a.ri(ADD32.rmImm32, RSI, 1);
  a.ri(SUB32.rmImm32, RCX, 1);
  a.branch(Condition.NotEqual, next);
  a.set32(RAX, REFUSED_STATUS);
  a.set32(RDX, EXIT_PORT);
  a.none(OUT8);
  a.none(CLI);
  a.bind(stop);
  a.none(HLT);
  a.jump(stop);
  a.bind(message);
  a.raw(new TextEncoder().encode(text));
}
