/**
 * Both clocks: the time-stamp counter times what the keel found, and the time of day when it began.
 *
 * The time of day comes from KVM's clock, to the nanosecond, or from the battery-backed clock, to the second
 * (MC146818, and ACPI's century register, which QEMU keeps at 0x32).
 */
import { BootInformation } from "../../abi/boot.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R11, R12, R8, R9, RAX, RBP, RCX, RDX, RSI } from "../../x64/register.ts";
import {
  AND32,
  DIV32,
  IMUL64,
  LEA64,
  MOVZX8TO32,
  MUL64,
  OR64,
  RDTSC,
  SHL64,
  SHR32,
  SHRD64,
  SUB64,
  TEST32,
} from "../../x64/tables/index.ts";
import type { BareState } from "./state.ts";

const NS_PER_SECOND = 1_000_000_000;
/** Clock registers as the keel keeps them, by byte of `BootInformation.RealtimeClock`. */
const enum Field {
  Seconds = 0,
  Minutes = 1,
  Hours = 2,
  Day = 3,
  Month = 4,
  Year = 5,
  Century = 6,
  StatusB = 7,
}
/** Status B: numbers are binary, not decimal digits. QEMU and every VMM we know count hours from 0 to 23. */
const BINARY = 4;
/** Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar. */
const EPOCH_DAYS = 719_468;

/** rax: ns since boot. Changes rdx, r11. */
export function emitMonotonic(a: Shorthand, state: BareState): void {
  a.loadPlace(R11, Place.State, state.information);
  a.none(RDTSC);
  a.ri(SHL64.imm8, RDX, 32);
  a.rr(OR64.regRm, RAX, RDX);
  a.rm(SUB64.regRm, RAX, R11, ABSENT, 1, BootInformation.TscStart);
  a.m(MUL64, R11, ABSENT, 1, BootInformation.NsPerTsc);
  a.rri(SHRD64.imm8, RDX, RAX, 32);
}

/** rax: ns since 1970. */
export function emitRealtime(a: Shorthand, state: BareState): void {
  emitMonotonic(a, state);
  a.loadPlace(RDX, Place.State, state.realtimeStart);
  a.add(RAX, RDX);
}

/** Start-up: works out the time of day at boot. Changes every register but rbx and rsp. */
export function emitRealtimeStart(a: Shorthand, state: BareState): void {
  const [known, decimal, number] = [a.label(), a.label(), a.label()];
  const field = (to: number, at: Field) => {
    a.rm(MOVZX8TO32, RAX, R12, ABSENT, 1, BootInformation.RealtimeClock + at);
    a.call(number);
    a.move(to, RAX);
  };
  a.loadPlace(R12, Place.State, state.information);
  a.load(RAX, R12, BootInformation.Realtime);
  a.test(RAX);
  a.branch(Condition.NotEqual, known);
  field(R8, Field.Century);
  a.rri(IMUL64.regRmImm32, R8, R8, 100);
  field(R9, Field.Year);
  a.add(R8, R9);
  field(R9, Field.Month);
  field(R10, Field.Day);
  emitDays(a);
  // r8: days; then hours, minutes, seconds.
  for (const [at, scale] of [
    [Field.Hours, 24],
    [Field.Minutes, 60],
    [Field.Seconds, 60],
  ] as const) {
    a.rri(IMUL64.regRmImm32, R8, R8, scale);
    field(R9, at);
    a.add(R8, R9);
  }
  a.rri(IMUL64.regRmImm32, RAX, R8, NS_PER_SECOND);
  a.jump(known);

  // eax: a clock register's byte, decimal digits or binary. eax: the number. Changes ecx.
  a.bind(number);
  a.rm(MOVZX8TO32, RCX, R12, ABSENT, 1, BootInformation.RealtimeClock + Field.StatusB);
  a.ri(TEST32.rmImm32, RCX, BINARY);
  a.branch(Condition.Equal, decimal);
  a.ret();
  a.bind(decimal);
  a.move(RCX, RAX);
  a.ri(SHR32.imm8, RCX, 4);
  a.rri(IMUL64.regRmImm8, RCX, RCX, 10);
  a.ri(AND32.rmImm32, RAX, 15);
  a.add(RAX, RCX);
  a.ret();
  a.bind(known);
  a.storePlace(Place.State, state.realtimeStart, RAX);
}

/** r8: year, r9: month from 1, r10: day from 1. r8: days since 1970. Years begin in March, so leap days end them. */
function emitDays(a: Shorthand): void {
  const march = a.label();
  const divide = (to: number, value: number, by: number) => {
    a.move(RAX, value);
    a.set(RDX, 0);
    a.set(RCX, by);
    a.r(DIV32, RCX);
    a.move(to, RAX);
  };
  a.addConstant(R9, -3);
  a.branch(Condition.GreaterOrEqual, march);
  a.addConstant(R9, 12);
  a.addConstant(R8, -1);
  a.bind(march);
  // Days of the months since March: (306 m + 5) / 10.
  a.rri(IMUL64.regRmImm32, R9, R9, 306);
  a.addConstant(R9, 5);
  divide(R11, R9, 10);
  a.add(R11, R10);
  a.rri(IMUL64.regRmImm32, RBP, R8, 365);
  a.add(R11, RBP);
  for (const [by, sign] of [
    [4, 1],
    [100, -1],
    [400, 1],
  ] as const) {
    divide(RSI, R8, by);
    if (sign > 0) a.add(R11, RSI);
    else a.subtract(R11, RSI);
  }
  a.rm(LEA64, R8, R11, ABSENT, 1, -1 - EPOCH_DAYS);
}
