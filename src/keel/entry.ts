/**
 * From the VMM's entry to 64-bit code: what PVH promises in, long mode out.
 *
 * PVH (Xen's "x86/HVM direct boot ABI"): 32-bit protected mode, flat segments, paging off, ebx: start information.
 * A processor that lacks x86-64-v2 is refused with a message. The first page tables map the first 4 MiB where they
 * are; they live until the keel is in the upper half, a few hundred instructions.
 *
 * 32-bit code in the 64-bit assembler: only forms without REX prefix, and memory by ebp, never by rip.
 */
import { BootFlag } from "../abi/boot.ts";
import { ABSENT } from "../x64/encoder.ts";
import { Condition, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP } from "../x64/register.ts";
import {
  ADD32,
  AND32,
  CLD,
  CLI,
  CMP32,
  CPUID,
  HLT,
  LEA32,
  LGDT,
  MOV32,
  MOV8,
  MOV_TO_CONTROL,
  OR32,
  OUT8,
  PUSH,
  RDMSR,
  RETF,
  SHR32,
  SUB32,
  TEST32,
  WRMSR,
  XOR32,
} from "../x64/tables/index.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, Entry, KeelPage, PAGE_BYTES, Selector } from "./layout.ts";
import { Port } from "./ports.ts";

const EFER = 0xc000_0080;
/** LME, NXE. */
const EFER_BITS = 0x900;
/** PAE, OSFXSR, OSXMMEXCPT; MCE where the processor has it, without which a machine check is a silent reset. */
const CR4_BITS = 0x620;
const CR4_SMEP = 1 << 20;
const CR4_SMAP = 1 << 21;
const CR4_UMIP = 1 << 11;
/** PG, WP, NE, ET, MP, PE. */
const CR0_BITS = 0x8001_0033;

/** cpuid 0x80000001 edx: LM, NX; ecx: LAHF. cpuid 1 ecx: SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT. */
const EXTENDED_EDX = (1 << 29) | (1 << 20);
const EXTENDED_ECX = 1;
const BASIC_ECX = (1 << 0) | (1 << 9) | (1 << 13) | (1 << 19) | (1 << 20) | (1 << 23);
const RDRAND_BIT = 1 << 30;
/** cpuid 1 edx, and one bit above its place in cr4. */
const MACHINE_CHECK_BIT = 1 << 7;

const UNSUPPORTED =
  "skerry: this processor lacks SSE4.2, POPCNT, CMPXCHG16B or NX (x86-64-v2); choose another CPU model, for instance -cpu max\n";
const UNSUPPORTED_STATUS = 71;

/** Where code that runs before the switch finds the descriptor table for it. */
const BOOT_GDT = 0;
const BOOT_GDT_REGISTER = 24;
const BOOT_DATA_BYTES = 40;

/** Flat 64-bit code and data, accessed bits set: the processor need not write them. */
export const KERNEL_CODE_DESCRIPTOR = 0x00af_9b00_0000_ffffn;
export const KERNEL_DATA_DESCRIPTOR = 0x00cf_9300_0000_ffffn;

/** What stands at the region's first byte. */
export function bootData(physicalBase: number): Uint8Array {
  const bytes = new Uint8Array(BOOT_DATA_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(BOOT_GDT + Selector.KernelCode, KERNEL_CODE_DESCRIPTOR, true);
  view.setBigUint64(BOOT_GDT + Selector.KernelData, KERNEL_DATA_DESCRIPTOR, true);
  view.setUint16(BOOT_GDT_REGISTER, BOOT_GDT_REGISTER - 1, true);
  view.setUint32(BOOT_GDT_REGISTER + 2, physicalBase + BOOT_GDT, true);
  return bytes;
}

/** Ends at `entry64`, 64-bit code, identity-mapped. */
export function emitEntry(a: KeelAssembler, physicalBase: number, entry64: number): void {
  const refuse = a.label();
  a.none(CLI);
  a.none(CLD);
  a.ri(MOV32.regImm32, RBP, physicalBase);
  a.rm(LEA32, RSP, RBP, ABSENT, 1, (KeelPage.Stack + 1) * PAGE_BYTES);
  a.rm(MOV32.rmReg, RBX, RBP, ABSENT, 1, Data.StartInformation);
  emitRequirements(a, refuse);
  emitFeatures(a);
  emitFirstTables(a);
  emitSwitch(a, entry64);
  a.bind(refuse);
  emitRefusal(a, a.label());
}

function emitRequirements(a: KeelAssembler, refuse: number): void {
  const cpuid = (leaf: number) => {
    a.ri(MOV32.regImm32, RAX, leaf | 0);
    a.none(CPUID);
  };
  const require = (register: number, bits: number) => {
    a.ri(AND32.rmImm32, register, bits);
    a.ri(CMP32.rmImm32, register, bits);
    a.branch(Condition.NotEqual, refuse);
  };
  cpuid(0x8000_0000);
  a.ri(CMP32.rmImm32, RAX, 0x8000_0001 | 0);
  a.branch(Condition.Below, refuse);
  cpuid(0x8000_0001);
  require(RDX, EXTENDED_EDX);
  require(RCX, EXTENDED_ECX);
  cpuid(1);
  a.rr(XOR32.regRm, RSI, RSI);
  const none = a.label();
  a.ri(TEST32.rmImm32, RCX, RDRAND_BIT);
  a.branch(Condition.Equal, none);
  a.ri(OR32.rmImm32, RSI, BootFlag.Rdrand);
  a.bind(none);
  require(RCX, BASIC_ECX);
  a.rr(MOV32.regRm, RDI, RDX);
  a.ri(AND32.rmImm32, RDI, MACHINE_CHECK_BIT);
}

/** esi: `BootFlag`s so far, edi: `MACHINE_CHECK_BIT` or 0. Keeps all of them, and gives cr4's new value in edx. */
function emitFeatures(a: KeelAssembler): void {
  const known = a.label();
  a.ri(MOV32.regImm32, RAX, 0);
  a.none(CPUID);
  a.ri(CMP32.rmImm32, RAX, 7);
  a.ri(MOV32.regImm32, RBX, 0);
  a.ri(MOV32.regImm32, RCX, 0);
  a.branch(Condition.Below, known);
  a.ri(MOV32.regImm32, RAX, 7);
  a.none(CPUID);
  a.bind(known);
  a.rr(MOV32.regRm, RDX, RDI);
  a.ri(SHR32.imm8, RDX, 1);
  a.ri(OR32.rmImm32, RDX, CR4_BITS);
  const take = (register: number, bit: number, flag: BootFlag, control: number) => {
    const absent = a.label();
    a.ri(TEST32.rmImm32, register, 1 << bit);
    a.branch(Condition.Equal, absent);
    a.ri(OR32.rmImm32, RSI, flag);
    if (control !== 0) a.ri(OR32.rmImm32, RDX, control);
    a.bind(absent);
  };
  take(RBX, 7, BootFlag.Smep, CR4_SMEP);
  take(RBX, 20, BootFlag.Smap, CR4_SMAP);
  take(RCX, 2, BootFlag.Umip, CR4_UMIP);
  take(RBX, 18, BootFlag.Rdseed, 0);
  a.rm(MOV32.rmReg, RSI, RBP, ABSENT, 1, Data.Flags);
}

/** edx: cr4's new value. */
function emitFirstTables(a: KeelAssembler): void {
  const page = (number: number) => number * PAGE_BYTES;
  const table = Entry.Present | Entry.Write;
  const link = (from: number, to: number) => {
    a.rm(LEA32, RAX, RBP, ABSENT, 1, page(to) + table);
    a.rm(MOV32.rmReg, RAX, RBP, ABSENT, 1, page(from));
  };
  link(KeelPage.Pml4, KeelPage.BootPdpt);
  link(KeelPage.BootPdpt, KeelPage.BootDirectory);
  for (let index = 0; index < 2; index++) {
    const at = page(KeelPage.BootDirectory) + index * 8;
    a.mi(MOV32.rmImm32, RBP, ABSENT, 1, at, index * 0x20_0000 + (table | Entry.Large));
  }
  a.rr(MOV_TO_CONTROL, 4, RDX);
  a.rm(LEA32, RAX, RBP, ABSENT, 1, page(KeelPage.Pml4));
  a.rr(MOV_TO_CONTROL, 3, RAX);
}

function emitSwitch(a: KeelAssembler, entry64: number): void {
  a.ri(MOV32.regImm32, RCX, EFER | 0);
  a.none(RDMSR);
  a.ri(OR32.rmImm32, RAX, EFER_BITS);
  a.none(WRMSR);
  a.ri(MOV32.regImm32, RAX, CR0_BITS | 0);
  a.rr(MOV_TO_CONTROL, 0, RAX);
  a.m(LGDT, RBP, ABSENT, 1, BOOT_GDT_REGISTER);
  a.i(PUSH.imm32, Selector.KernelCode);
  a.physicalAddress(RAX, entry64);
  a.r(PUSH.reg, RAX);
  a.none(RETF);
}

function emitRefusal(a: KeelAssembler, text: number): void {
  const next = a.label();
  const stop = a.label();
  a.physicalAddress(RSI, text);
  a.ri(MOV32.regImm32, RCX, UNSUPPORTED.length);
  a.bind(next);
  a.rm(MOV8.regRm, RAX, RSI, ABSENT, 1, 0);
  for (const port of [Port.Serial, Port.Errors]) {
    a.ri(MOV32.regImm32, RDX, port);
    a.none(OUT8);
  }
  a.ri(ADD32.rmImm32, RSI, 1);
  a.ri(SUB32.rmImm32, RCX, 1);
  a.branch(Condition.NotEqual, next);
  a.ri(MOV32.regImm32, RAX, UNSUPPORTED_STATUS);
  a.ri(MOV32.regImm32, RDX, Port.DebugExit);
  a.none(OUT8);
  a.bind(stop);
  a.none(HLT);
  a.jump(stop);
  a.bind(text);
  a.raw(new TextEncoder().encode(UNSUPPORTED));
}
