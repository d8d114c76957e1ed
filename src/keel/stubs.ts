/**
 * What gates lead to: a stub for every exception and interrupt, which tells its handler which one it is.
 *
 *   every handler finds vector and error code:   vector, error, rip, cs, rflags, rsp, ss  ◄ rsp ... upwards
 *
 * A gate leaves the direction flag and SMAP's as ring 3 had them: what the keel zeroes would lie below the page, a table
 * would keep what its frame held before. So every handler begins with flags of its own.
 */
import { TIMER_VECTOR } from "../abi/boot.ts";
import { ABSENT } from "../x64/encoder.ts";
import { RSP } from "../x64/register.ts";
import { IRETQ, MOV64, PUSH } from "../x64/tables/index.ts";
import { BREAKPOINT, DEVICE_VECTOR, DOUBLE_FAULT, MACHINE_CHECK, STUBS, STUB_BYTES } from "./descriptors.ts";
import type { KeelAssembler } from "./keel-assembler.ts";

/** From rsp in a handler, vector and error code pushed. */
export const enum Frame {
  Vector = 0,
  Error = 8,
  InstructionPointer = 16,
  CodeSegment = 24,
  Flags = 32,
  StackPointer = 40,
}
export const PAGE_FAULT = 14;
/** Exceptions for which the processor pushes an error code (SDM 3, 6.13). */
const WITH_ERROR = new Set([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);

export interface StubLabels {
  readonly stubs: number;
  readonly spurious: number;
  /** `int3`, nothing pushed. */
  readonly breakpoint: number;
  /** Vector and error code pushed: tells ring 3. */
  readonly upcall: number;
  /** A frame as handlers have it: the machine ends. */
  readonly panic: number;
  /** The same, of a double fault: an error code and nothing else pushed, and perhaps no room for more. */
  readonly doubleFault: number;
}

export function emitStubs(
  a: KeelAssembler,
  labels: StubLabels,
  handlers: { readonly pageFault: number; readonly timer: number; readonly device: number },
): void {
  const [withError, withoutError, machineCheck] = a.labels(3);
  /** Those that push for themselves. */
  const own: Readonly<Record<number, number>> = {
    [BREAKPOINT]: labels.breakpoint,
    [DOUBLE_FAULT]: labels.doubleFault,
    [PAGE_FAULT]: handlers.pageFault,
    [MACHINE_CHECK]: machineCheck,
    [TIMER_VECTOR]: handlers.timer,
    [DEVICE_VECTOR]: handlers.device,
  };
  a.align(STUB_BYTES);
  a.bind(labels.stubs);
  for (let vector = 0; vector < STUBS; vector++) {
    const handler = own[vector];
    if (handler === undefined) a.i(PUSH.imm8, vector);
    a.jump(handler ?? (WITH_ERROR.has(vector) ? withError : withoutError));
    a.align(STUB_BYTES);
  }
  a.bind(withoutError);
  a.m(PUSH.rm, RSP, ABSENT, 1, 0);
  a.mi(MOV64.rmImm32, RSP, ABSENT, 1, Frame.Error, 0);
  a.bind(withError);
  a.resetFlags();
  a.jump(labels.upcall);
  a.bind(machineCheck);
  emitFrame(a, MACHINE_CHECK);
  a.jump(labels.panic);
  a.begin(labels.spurious);
  a.none(IRETQ);
}

/** Flags, and what handlers find on the stack, of an exception or interrupt without an error code. */
export function emitFrame(a: KeelAssembler, vector: number): void {
  a.resetFlags();
  a.i(PUSH.imm8, 0);
  a.i(PUSH.imm8, vector);
}
