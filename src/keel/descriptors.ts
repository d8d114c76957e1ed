/**
 * Descriptor tables: segments, the task state with its stacks, and a gate for every exception and interrupt.
 *
 * Stacks (SDM 3, 6.14): calls, page faults and interrupts use the one in RSP0; double faults, NMIs and machine checks
 * each their own. Each ends at a page that is not there: an overflow is a double fault, which is reported (`panic.ts`).
 */
import { TIMER_VECTOR } from "../abi/boot.ts";
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R13, RAX, RCX, RDI, RDX } from "../x64/register.ts";
import { LEA64, LGDT, LIDT, LTR, MOV16, RETFQ, PUSH } from "../x64/tables/index.ts";
import { KERNEL_CODE_DESCRIPTOR, KERNEL_DATA_DESCRIPTOR } from "./entry.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, KeelPage, PAGE_BYTES, Selector } from "./layout.ts";

const USER_DATA_DESCRIPTOR = 0x00cf_f300_0000_ffffn;
const USER_CODE_DESCRIPTOR = 0x00af_fb00_0000_ffffn;
const TSS_BYTES = 104;
const IDT_BYTES = 16 * 48;

/** 64-bit TSS, by byte. */
export const enum Tss {
  Rsp0 = 4,
  Ist1 = 36,
  IoMap = 102,
}

export const BREAKPOINT = 3;
export const DOUBLE_FAULT = 8;
export const NMI = 2;
export const MACHINE_CHECK = 18;
const EXCEPTIONS = 32;
export const DEVICE_VECTOR = TIMER_VECTOR + 1;
export const SPURIOUS_VECTOR = 0x2f;
/** Interrupt gates with a stub: all exceptions, timer, device. The spurious one has its own. */
export const STUBS = EXCEPTIONS + 2;
export const STUB_BYTES = 8;

/** Interrupt gate, present; a gate's privilege says who may call it by instruction. */
const GATE = 0x8e00;
const GATE_USER = 0x6000;

export interface DescriptorLabels {
  /** One stub after the other, `STUB_BYTES` each. */
  readonly stubs: number;
  readonly spurious: number;
}

/** r13: the region. Changes rax rcx rdx rdi. */
export function emitDescriptors(a: KeelAssembler, labels: DescriptorLabels): void {
  emitSegments(a);
  emitTaskState(a);
  emitGates(a, labels);
  emitLoad(a);
}

function emitSegments(a: KeelAssembler): void {
  const descriptors: readonly (readonly [Selector, bigint])[] = [
    [Selector.KernelCode, KERNEL_CODE_DESCRIPTOR],
    [Selector.KernelData, KERNEL_DATA_DESCRIPTOR],
    [Selector.UserData, USER_DATA_DESCRIPTOR],
    [Selector.UserCode, USER_CODE_DESCRIPTOR],
  ];
  for (const [selector, descriptor] of descriptors) {
    a.set64(RAX, descriptor);
    a.storeData(Data.Gdt + (selector & ~7), RAX);
  }
  // The task state's: base in four pieces (SDM 3, 8.2.3).
  a.dataAddress(RAX, Data.Tss);
  a.move(RDX, RAX);
  a.shiftRight(RDX, 32);
  a.storeData(Data.Gdt + Selector.Tss + 8, RDX);
  a.move(RCX, RAX);
  a.shiftRight(RCX, 24);
  a.shiftLeft(RCX, 56);
  a.shiftLeft(RAX, 40);
  a.shiftRight(RAX, 24);
  a.or(RAX, RCX);
  a.set64(RCX, (0x89n << 40n) | BigInt(TSS_BYTES - 1));
  a.or(RAX, RCX);
  a.storeData(Data.Gdt + Selector.Tss, RAX);
}

function emitTaskState(a: KeelAssembler): void {
  const stacks: readonly (readonly [Tss | number, KeelPage])[] = [
    [Tss.Rsp0, KeelPage.Stack],
    [Tss.Ist1, KeelPage.DoubleFaultStack],
    [Tss.Ist1 + 8, KeelPage.NmiStack],
    [Tss.Ist1 + 16, KeelPage.MachineCheckStack],
  ];
  for (const [field, page] of stacks) {
    a.address(RAX, R13, (page + 1) * PAGE_BYTES);
    a.storeData(Data.Tss + field, RAX);
  }
  // No port is open to ring 3: the bitmap lies beyond the limit.
  a.data(MOV16.rmImm16, 0, Data.Tss + Tss.IoMap, TSS_BYTES);
}

function emitGates(a: KeelAssembler, { stubs, spurious }: DescriptorLabels): void {
  const next = a.label();
  a.ripLabel(LEA64, RAX, stubs);
  a.dataAddress(RDI, Data.Idt);
  a.set(RCX, STUBS);
  a.bind(next);
  emitGate(a, RDI, 0, GATE);
  a.addConstant(RAX, STUB_BYTES);
  a.addConstant(RDI, 16);
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, next);
  a.ripLabel(LEA64, RAX, spurious);
  a.dataAddress(RDI, Data.Idt + SPURIOUS_VECTOR * 16);
  emitGate(a, RDI, 0, GATE);
  const attributes = (vector: number) => Data.Idt + vector * 16 + 4;
  a.data(MOV16.rmImm16, 0, attributes(BREAKPOINT), GATE | GATE_USER);
  [DOUBLE_FAULT, NMI, MACHINE_CHECK].forEach((vector, index) => {
    a.data(MOV16.rmImm16, 0, attributes(vector), GATE | (index + 1));
  });
}

/** rax: the handler. Changes rdx. */
function emitGate(a: KeelAssembler, at: number, offset: number, attributes: number): void {
  a.rm(MOV16.rmReg, RAX, at, ABSENT, 1, offset);
  a.mi(MOV16.rmImm16, at, ABSENT, 1, offset + 2, Selector.KernelCode);
  a.mi(MOV16.rmImm16, at, ABSENT, 1, offset + 4, attributes);
  a.move(RDX, RAX);
  a.shiftRight(RDX, 16);
  a.rm(MOV16.rmReg, RDX, at, ABSENT, 1, offset + 6);
  a.shiftRight(RDX, 16);
  a.store(at, offset + 8, RDX);
}

function emitLoad(a: KeelAssembler): void {
  const register = (row: typeof LGDT, table: Data, sizeBytes: number) => {
    a.data(MOV16.rmImm16, 0, Data.TableRegister, sizeBytes - 1);
    a.dataAddress(RAX, table);
    a.storeData(Data.TableRegister + 2, RAX);
    a.data(row, 0, Data.TableRegister);
  };
  const back = a.label();
  register(LGDT, Data.Gdt, Selector.Tss + 16);
  register(LIDT, Data.Idt, IDT_BYTES);
  a.i(PUSH.imm8, Selector.KernelCode);
  a.ripLabel(LEA64, RAX, back);
  a.push(RAX);
  a.none(RETFQ);
  a.bind(back);
  a.set(RAX, Selector.Tss);
  a.r(LTR, RAX);
}
