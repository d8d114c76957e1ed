/**
 * Time: the clock's frequency, the timer, and sleeping.
 *
 * The clock is the time-stamp counter. Its frequency comes from KVM's clock where there is one (the hypervisor writes
 * it), else it is measured against the local APIC's timer, whose bus runs at 1 GHz on every VMM we know.
 *
 * The timer fires once. While ring 3 runs it ends a time slice, so that a loop in a compartment is noticed; how soon
 * does not matter, so `Idle` leaves it armed for whatever comes first and few wakes cost an access to the APIC.
 */
import { BootInformation, TIMER_VECTOR } from "../abi/boot.ts";
import { Condition, R10, R8, R9, RAX, RBX, RCX, RDI, RDX, RSI } from "../x64/register.ts";
import {
  CLI,
  CMP32,
  CMP64,
  CPUID,
  DIV64,
  HLT,
  MOV32,
  MOVZX8TO32,
  MUL64,
  NEG32,
  OUT8_IMM8,
  RDTSC,
  SHL64,
  SHR64,
  SHRD64,
  STI,
  SUB64,
  TEST32,
  WRMSR,
} from "../x64/tables/index.ts";
import { SPURIOUS_VECTOR } from "./descriptors.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Port } from "./ports.ts";
import { Data, INFORMATION, KeelPage, PAGE_BYTES } from "./layout.ts";

/** Local APIC registers (SDM 3, 11.4.1). */
const enum Apic {
  EndOfInterrupt = 0xb0,
  Spurious = 0xf0,
  Timer = 0x320,
  InitialCount = 0x380,
  CurrentCount = 0x390,
  Divide = 0x3e0,
}
const APIC_ENABLE = 0x100;
const DIVIDE_BY_1 = 0xb;
const MASKED = 1 << 16;

/** KVM's signature in cpuid 0x40000000 ("KVMKVMKVM"), its features, its clock (linux/Documentation/virt/kvm). */
const KVM_LEAF = 0x4000_0000;
const KVM_SIGNATURE = 0x4b4d_564b;
const KVM_CLOCK_FEATURE = 1 << 3;
const KVM_WALL_CLOCK = 0x4b56_4d00;
const KVM_SYSTEM_TIME = 0x4b56_4d01;

/** pvclock_vcpu_time_info and pvclock_wall_clock, which share a place here, one after the other. */
const enum KvmClock {
  TscTimestamp = 8,
  SystemTime = 16,
  Multiplier = 24,
  Shift = 28,
  WallSeconds = 36,
  WallNanoseconds = 40,
}
/** The hypervisor goes on writing there: behind the places of all windows, before the command line. */
const KVM_CLOCK_AT = INFORMATION + BootInformation.KvmClock;

const SAMPLE_NS = 100_000;
/** Of what is measured, at most a 64th may be in doubt. */
const DOUBT_SHIFT = 6;
/** The longest the timer is armed for, and the length of a time slice. */
const LONGEST_NS = 1_000_000_000;
const SLICE_NS = 100_000_000;

const apic = (register: Apic) => KeelPage.LocalApic * PAGE_BYTES + register;

function emitApic(a: KeelAssembler, register: Apic, value: number): void {
  a.data(MOV32.rmImm32, 0, apic(register), value);
}

/** Changes every register but rbp and r12 to r15. */
export function emitTimerSetup(a: KeelAssembler, isTimed: boolean): void {
  a.set(RAX, 0xff);
  a.i(OUT8_IMM8, Port.Pic1Mask);
  a.i(OUT8_IMM8, Port.Pic2Mask);
  emitApic(a, Apic.Spurious, APIC_ENABLE | SPURIOUS_VECTOR);
  emitApic(a, Apic.Divide, DIVIDE_BY_1);
  if (isTimed) {
    const known = a.label();
    emitKvmClock(a, known);
    emitMeasuredClock(a);
    a.bind(known);
    a.storeData(Data.NsPerTsc, RAX);
    a.storeData(INFORMATION + BootInformation.NsPerTsc, RAX);
  }
  emitTsc(a);
  a.storeData(Data.TscStart, RAX);
  a.storeData(INFORMATION + BootInformation.TscStart, RAX);
  emitApic(a, Apic.Timer, TIMER_VECTOR);
}

/** rax: the time-stamp counter. Changes rdx. */
function emitTsc(a: KeelAssembler): void {
  a.none(RDTSC);
  a.shiftLeft(RDX, 32);
  a.or(RAX, RDX);
}

/** rax: 2^32 ns per tick, at `known`; falls through where KVM's clock is not there. */
function emitKvmClock(a: KeelAssembler, known: number): void {
  const absent = a.label();
  const up = a.label();
  a.set(RAX, KVM_LEAF);
  a.none(CPUID);
  a.ri(CMP32.rmImm32, RBX, KVM_SIGNATURE);
  a.branch(Condition.NotEqual, absent);
  a.set(RAX, KVM_LEAF + 1);
  a.none(CPUID);
  a.ri(TEST32.rmImm32, RAX, KVM_CLOCK_FEATURE);
  a.branch(Condition.Equal, absent);
  emitClockMsr(a, KVM_SYSTEM_TIME, KVM_CLOCK_AT, 1);
  emitClockMsr(a, KVM_WALL_CLOCK, KVM_CLOCK_AT + 32, 0);
  a.data(MOV32.regRm, RAX, KVM_CLOCK_AT + KvmClock.Multiplier);
  a.test(RAX);
  a.branch(Condition.Equal, absent);
  emitRealtime(a);
  a.data(MOV32.regRm, RAX, KVM_CLOCK_AT + KvmClock.Multiplier);
  a.data(MOVZX8TO32, RCX, KVM_CLOCK_AT + KvmClock.Shift);
  a.ri(TEST32.rmImm32, RCX, 0x80);
  a.branch(Condition.Equal, up);
  a.r(NEG32, RCX);
  a.r(SHR64.cl, RAX);
  a.jump(known);
  a.bind(up);
  a.r(SHL64.cl, RAX);
  a.jump(known);
  a.bind(absent);
}

/** The MSR takes a physical address; bit 0 turns the system time on. */
function emitClockMsr(a: KeelAssembler, msr: number, at: number, bits: number): void {
  a.physicalData(RAX, at + bits);
  a.set(RDX, 0);
  a.set(RCX, msr);
  a.none(WRMSR);
}

/** Wall clock at boot and the time since: realtime at the time stamp, moved to the first reading of the counter. */
function emitRealtime(a: KeelAssembler): void {
  a.data(MOV32.regRm, RAX, KVM_CLOCK_AT + KvmClock.WallSeconds);
  a.set(RCX, 1_000_000_000);
  a.r(MUL64, RCX);
  a.data(MOV32.regRm, RCX, KVM_CLOCK_AT + KvmClock.WallNanoseconds);
  a.add(RAX, RCX);
  a.loadData(RCX, KVM_CLOCK_AT + KvmClock.SystemTime);
  a.add(RAX, RCX);
  a.storeData(INFORMATION + BootInformation.Realtime, RAX);
}

/**
 * Compares both counters until enough has gone by: rax, 2^32 ns per tick.
 *
 * A reading of the APIC's is exact to the time between two of the processor's around it, and the host may take the
 * processor away meanwhile: so the span grows until it is many times as long as both doubts.
 */
function emitMeasuredClock(a: KeelAssembler): void {
  const again = a.label();
  const done = a.label();
  const [firstCount, firstTsc, doubt, count, tsc] = [R10, R8, R9, RBX, RSI] as const;
  const read = (): void => {
    emitTsc(a);
    a.move(tsc, RAX);
    a.data(MOV32.regRm, count, apic(Apic.CurrentCount));
    emitTsc(a);
  };
  emitApic(a, Apic.Timer, MASKED | TIMER_VECTOR);
  emitApic(a, Apic.InitialCount, -1);
  read();
  a.move(firstCount, count);
  a.move(firstTsc, RAX);
  a.move(doubt, RAX);
  a.subtract(doubt, tsc);
  a.bind(again);
  read();
  a.test(count);
  a.branch(Condition.Equal, done); // it stands still now
  a.move(RDX, firstCount);
  a.subtract(RDX, count);
  a.compareConstant(RDX, SAMPLE_NS);
  a.branch(Condition.Below, again);
  a.subtract(RAX, tsc);
  a.add(RAX, doubt);
  a.shiftLeft(RAX, DOUBT_SHIFT);
  a.move(RDX, tsc);
  a.subtract(RDX, firstTsc);
  a.compare(RDX, RAX);
  a.branch(Condition.Below, again);
  a.bind(done);
  a.subtract(tsc, firstTsc);
  a.move(RAX, firstCount);
  a.subtract(RAX, count);
  a.shiftLeft(RAX, 32);
  a.set(RDX, 0);
  a.r(DIV64, tsc);
  a.push(RAX);
  emitApic(a, Apic.InitialCount, 0);
  a.pop(RAX);
}

/** rax: monotonic ns. Changes rdx. */
function emitNow(a: KeelAssembler): void {
  emitTsc(a);
  a.data(SUB64.regRm, RAX, Data.TscStart);
  a.data(MUL64, 0, Data.NsPerTsc);
  a.rri(SHRD64.imm8, RDX, RAX, 32);
}

/** Arms the timer for rcx ns after rax, now. Changes rcx. */
function emitArm(a: KeelAssembler): void {
  a.add(RAX, RCX);
  a.storeData(Data.TimerAt, RAX);
  a.data(MOV32.rmReg, RCX, apic(Apic.InitialCount));
}

/** `KeelCall.Idle`. rdi: deadline. */
export function emitIdle(a: KeelAssembler): void {
  const again = a.label();
  const sleep = a.label();
  const short = a.label();
  const done = a.label();
  const armed = a.label();
  a.bind(again);
  a.data(CMP64.rmImm32, 0, Data.IsWoken, 0);
  a.branch(Condition.NotEqual, done);
  emitNow(a);
  a.move(RCX, RDI);
  a.subtract(RCX, RAX);
  a.branch(Condition.LessOrEqual, done);
  a.compareConstant(RCX, LONGEST_NS);
  a.branch(Condition.LessOrEqual, short);
  a.set(RCX, LONGEST_NS);
  a.bind(short);
  a.loadData(RDX, Data.TimerAt);
  a.test(RDX);
  const arm = a.label();
  a.branch(Condition.Equal, arm);
  a.compare(RDX, RDI);
  a.branch(Condition.LessOrEqual, sleep);
  a.bind(arm);
  emitArm(a);
  a.bind(sleep);
  a.none(STI);
  a.none(HLT);
  a.none(CLI);
  a.jump(again);
  a.bind(done);
  a.setData(Data.IsWoken, 0);
  a.data(CMP64.rmImm32, 0, Data.TimerAt, 0);
  a.branch(Condition.NotEqual, armed);
  emitSlice(a);
  a.bind(armed);
  a.ret();
}

/** Arms the timer for the next time slice. Changes rax rcx rdx. */
export function emitSlice(a: KeelAssembler): void {
  emitNow(a);
  a.set(RCX, SLICE_NS);
  emitArm(a);
}

/** Of the interrupt that is being served. */
export function emitEndOfInterrupt(a: KeelAssembler): void {
  emitApic(a, Apic.EndOfInterrupt, 0);
}
