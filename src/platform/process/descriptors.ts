/**
 * Console, control records and the end of the process: what is written to inherited descriptors.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, R10, R8, R9, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import { MOV32 } from "../../x64/tables/index.ts";
import type { ReadOnlyData } from "../compartment/read-only.ts";
import { CONSOLE_ERRORS, CONTROL_DESCRIPTOR, ImageFixed, SCRATCH } from "./image-state.ts";
import { emitErrorCheck, emitSystemCall, SystemCall, SystemError } from "./system-call.ts";

export const POLL_IN = 1;
export const POLL_OUT = 4;
const CONSOLE_OUTPUT = 1;
const CONTROL_PREFIX = "skerry: ";

/** struct pollfd: i32 descriptor, i16 events, i16 what happened. */
const enum Poll {
  Descriptor = 0,
  Events = 4,
}

/** rdi: stream, rsi: address, rdx: bytes. */
export function emitConsoleWrite(a: Shorthand, writeAll: number): void {
  const errors = a.label();
  a.compareConstant(RDI, CONSOLE_ERRORS);
  a.branch(Condition.Equal, errors);
  a.set(RDI, CONSOLE_OUTPUT);
  a.bind(errors);
  a.jump(writeAll);
}

/** rsi: address, rdx: bytes. */
export function emitControlWrite(a: Shorthand, readOnly: ReadOnlyData, writeAll: number): void {
  const alone = a.label();
  a.loadPlace(RAX, Place.State, ImageFixed.HasControl);
  a.test(RAX);
  a.branch(Condition.Equal, alone);
  a.set(RDI, CONTROL_DESCRIPTOR);
  a.jump(writeAll);
  a.bind(alone);
  a.push(RSI);
  a.push(RDX);
  a.set(RDI, CONSOLE_ERRORS);
  a.placeAddress(RSI, Place.ReadOnly, readOnly.addText(CONTROL_PREFIX));
  a.set(RDX, CONTROL_PREFIX.length);
  a.call(writeAll);
  a.pop(RDX);
  a.pop(RSI);
  a.set(RDI, CONSOLE_ERRORS);
  a.jump(writeAll);
}

/** A function: rdi: descriptor, rsi: address, rdx: bytes. Waits for a reader; one that is gone misses it. */
export function emitWriteAll(a: Shorthand): void {
  const [again, wait, done] = [a.label(), a.label(), a.label()];
  a.bind(again);
  a.test(RDX);
  a.branch(Condition.Equal, done);
  emitSystemCall(a, SystemCall.Write);
  a.compareConstant(RAX, SystemError.Interrupted);
  a.branch(Condition.Equal, again);
  a.compareConstant(RAX, SystemError.Again);
  a.branch(Condition.Equal, wait);
  emitErrorCheck(a, done);
  a.add(RSI, RAX);
  a.subtract(RDX, RAX);
  a.jump(again);
  a.bind(wait);
  for (const register of [RDI, RSI, RDX]) a.push(register);
  emitPoll(a, POLL_OUT, () => a.set(RDX, 0));
  for (const register of [RDX, RSI, RDI]) a.pop(register);
  a.jump(again);
  a.bind(done);
  a.ret();
}

/** Waits for one descriptor, edi; `timeout` sets rdx: address of a struct timespec, 0: without limit. */
export function emitPoll(a: Shorthand, events: number, timeout: () => void): void {
  a.placeAddress(R9, Place.State, SCRATCH);
  a.store32(R9, Poll.Descriptor, RDI);
  a.ri(MOV32.regImm32, RAX, events);
  a.store32(R9, Poll.Events, RAX);
  a.move(RDI, R9);
  a.set(RSI, 1);
  timeout();
  a.set(R10, 0);
  a.set(R8, 8);
  emitSystemCall(a, SystemCall.Ppoll);
}
