/**
 * Keel calls: `int3` from the listed addresses of the image, and nothing else.
 *
 * A call changes rax rcx rdx rsi rdi and r8 to r11; results are in rax and rdx.
 */
import { KeelCall } from "../abi/boot.ts";
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R12, R13, R8, RAX, RBX, RCX, RDI, RDX, RSI, RSP } from "../x64/register.ts";
import {
  ADD64,
  BTS32,
  CLI,
  CMP32,
  CMP64,
  HLT,
  IN32,
  IRETQ,
  LEA64,
  LIDT,
  MOV32,
  OUT32,
  OUT8_IMM8,
  PUSH,
  SHL64,
  SUB64,
  TEST64,
} from "../x64/tables/index.ts";
import { DEVICE_VECTOR, BREAKPOINT } from "./descriptors.ts";
import { emitResume, type FaultLabels } from "./faults.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, DEVICE_PAGES, Entry, KeelPage, PAGE_BYTES, Window, WindowFlag, WindowKind } from "./layout.ts";
import { emitDiscard, emitReadOnly } from "./discard.ts";
import { emitTellEntries } from "./entries.ts";
import { NO_EXECUTE } from "./paging.ts";
import { emitReplica } from "./replicas.ts";
import { Port } from "./ports.ts";
import { emitIdle } from "./timer.ts";
import type { WindowLabels } from "./windows.ts";

export interface CallLabels extends FaultLabels, WindowLabels {
  readonly consoleWrite: number;
  /** al: status. Does not return. */
  readonly exit: number;
  readonly callSites: number;
  readonly deviceWindow: number;
}

const USER_LIMIT_SHIFT = 47;
const LAST_INTERRUPT = 23;
const IO_APIC = KeelPage.IoApic * PAGE_BYTES;
const IO_APIC_VALUE = 0x10;
const IO_APIC_TABLE = 0x10;
/** Where interrupt controllers lie, which no driver may touch. */
const CONTROLLERS_START = 0xfec0_0000;
const CONTROLLERS_END = 0xff00_0000;

export function emitCalls(a: KeelAssembler, labels: CallLabels): void {
  const refuse = a.label();
  const calls: Readonly<Record<Exclude<KeelCall, KeelCall.Count>, () => void>> = {
    [KeelCall.Idle]: () => emitIdle(a),
    [KeelCall.ConsoleWrite]: () => emitWrite(a, labels, refuse),
    [KeelCall.Exit]: () => emitExitCall(a, labels),
    [KeelCall.SetUpcall]: () => emitSetUpcall(a, refuse),
    [KeelCall.Resume]: () => emitResume(a),
    [KeelCall.Pin]: () => emitPin(a, labels, refuse),
    [KeelCall.MapDevice]: () => emitMapDevice(a, labels, refuse),
    [KeelCall.OpenInterrupt]: () => emitOpenInterrupt(a, refuse),
    [KeelCall.Seal]: () => emitSeal(a, labels),
    [KeelCall.Discard]: () => emitDiscardCall(a, labels, refuse),
    [KeelCall.CountPages]: () => emitCountPages(a, labels, refuse),
    [KeelCall.TellEntries]: () => emitTellEntriesCall(a, labels, refuse),
    [KeelCall.ReadPci]: () => emitPci(a, refuse, () => a.none(IN32)),
    [KeelCall.WritePci]: () => {
      emitPci(a, refuse, () => {
        a.move(RAX, RSI);
        a.none(OUT32);
      });
    },
  };
  const numbers = Object.keys(calls).map(Number) as (keyof typeof calls)[];
  const handlers = new Map(numbers.map((number) => [number, a.label()]));
  const leave = a.label();
  const bad = a.label();
  a.begin(labels.breakpoint);
  a.resetFlags();
  a.compareConstant(RAX, KeelCall.Count);
  a.branch(Condition.AboveOrEqual, bad);
  a.ripLabel(LEA64, RCX, labels.callSites);
  a.rm(MOV32.regRm, RCX, RCX, RAX, 4, 0);
  a.test(RCX);
  a.branch(Condition.Equal, bad);
  a.addConstant(RCX, 1);
  a.data(ADD64.regRm, RCX, Data.Windows + Window.Base);
  a.rm(CMP64.regRm, RCX, RSP, ABSENT, 1, 0);
  a.branch(Condition.NotEqual, bad);
  for (const number of [KeelCall.Idle, ...numbers.filter((one) => one !== KeelCall.Idle)]) {
    const other = a.label();
    a.compareConstant(RAX, number);
    a.branch(Condition.NotEqual, other);
    a.call(handlers.get(number as keyof typeof calls)!);
    a.jump(leave);
    a.bind(other);
  }
  a.bind(leave);
  a.none(IRETQ);
  // What asked for what it must not have: ring 3 hears of it as of a fault. rsp: the frame, or a return address.
  a.bind(refuse);
  a.addConstant(RSP, 8);
  a.bind(bad);
  a.i(PUSH.imm8, 0);
  a.i(PUSH.imm8, BREAKPOINT);
  a.jump(labels.upcall);
  for (const number of numbers) {
    a.begin(handlers.get(number)!);
    calls[number]();
  }
  emitExit(a, labels.exit);
}

function emitWrite(a: KeelAssembler, { consoleWrite }: CallLabels, refuse: number): void {
  a.move(RAX, RSI);
  a.add(RAX, RDX);
  a.branch(Condition.Below, refuse);
  a.shiftRight(RAX, USER_LIMIT_SHIFT);
  a.branch(Condition.NotEqual, refuse);
  a.allowUserAccess();
  a.call(consoleWrite);
  a.forbidUserAccess();
  a.ret();
}

function emitExitCall(a: KeelAssembler, { exit }: CallLabels): void {
  a.move(RAX, RDI);
  a.jump(exit);
}

/** QEMU's exit device; a reset where there is none; at last, for a VMM that takes neither, a triple fault. */
function emitExit(a: KeelAssembler, label: number): void {
  const stop = a.label();
  a.begin(label);
  a.i(OUT8_IMM8, Port.DebugExit);
  a.set(RAX, RESET_COMMAND);
  a.i(OUT8_IMM8, Port.Keyboard);
  a.setData(Data.TableRegister, 0);
  a.data(LIDT, 0, Data.TableRegister);
  a.raw([0xcc]);
  a.bind(stop);
  a.none(CLI);
  a.none(HLT);
  a.jump(stop);
}
const RESET_COMMAND = 0xfe;

function emitSetUpcall(a: KeelAssembler, refuse: number): void {
  a.data(CMP64.rmImm32, 0, Data.UpcallFrame, 0);
  a.branch(Condition.NotEqual, refuse);
  // The keel writes there: no address of its own.
  a.move(RAX, RDI);
  a.shiftRight(RAX, USER_LIMIT_SHIFT);
  a.branch(Condition.NotEqual, refuse);
  a.storeData(Data.UpcallFrame, RDI);
  a.storeData(Data.UpcallHandler, RSI);
  a.storeData(Data.UpcallStack, RDX);
  a.ret();
}

/** rdi: a window's number, then the window. Changes rax. */
function emitWindow(a: KeelAssembler, labels: CallLabels, refuse: number): void {
  a.compareConstant(RDI, labels.windowCount);
  a.branch(Condition.AboveOrEqual, refuse);
  emitOrdinaryWindow(a);
}

function emitOrdinaryWindow(a: KeelAssembler): void {
  a.dataAddress(RAX, Data.Windows);
  a.ri(SHL64.imm8, RDI, WINDOW_SHIFT);
  a.add(RDI, RAX);
}

/** As `emitWindow`, of all windows. r8: its number, or that of the one it is a copy of. */
function emitAnyWindow(a: KeelAssembler, labels: CallLabels, refuse: number): void {
  const { replicas, windowCount } = labels;
  a.move(R8, RDI);
  if (replicas === undefined) {
    emitWindow(a, labels, refuse);
    return;
  }
  const [ordinary, found] = a.labels(2);
  a.compareConstant(RDI, windowCount);
  a.branch(Condition.Below, ordinary);
  a.addConstant(RDI, -windowCount);
  emitReplica(a, replicas, refuse, R8);
  a.jump(found);
  a.bind(ordinary);
  emitOrdinaryWindow(a);
  a.bind(found);
}
const WINDOW_SHIFT = 6;

/** As much as is there in one piece, and at most a quarter of all that is left. */
function emitPin(a: KeelAssembler, labels: CallLabels, refuse: number): void {
  emitWindow(a, labels, refuse);
  a.load(RAX, RDI, Window.Kind);
  a.set64(RCX, (BigInt(WindowFlag.Kernel) << 32n) | BigInt(WindowKind.Memory));
  a.compare(RAX, RCX);
  a.branch(Condition.NotEqual, refuse);
  a.mi(CMP32.rmImm32, RDI, ABSENT, 1, Window.PinnedPages, 0);
  a.branch(Condition.NotEqual, refuse);
  a.ri(TEST64.rmImm32, RSI, PAGE_BYTES - 1);
  a.branch(Condition.NotEqual, refuse);
  a.shiftRight(RSI, 12);
  a.shiftRight(RDX, 12);
  const least = (register: number) => {
    const fits = a.label();
    a.compare(RDX, register);
    a.branch(Condition.BelowOrEqual, fits);
    a.move(RDX, register);
    a.bind(fits);
  };
  a.loadData(RAX, Data.FrameCount);
  a.shiftRight(RAX, 2);
  least(RAX);
  a.loadData(R8, Data.RangeNext);
  a.loadData(RAX, Data.RangeEnd);
  a.subtract(RAX, R8);
  a.shiftRight(RAX, 12);
  least(RAX);
  a.store32(RDI, Window.PinnedPage, RSI);
  a.store32(RDI, Window.PinnedPages, RDX);
  a.store(RDI, Window.PinnedFrame, R8);
  a.loadData(RCX, Data.FrameCount);
  a.subtract(RCX, RDX);
  a.storeData(Data.FrameCount, RCX);
  a.shiftLeft(RDX, 12);
  a.move(RAX, R8);
  a.add(R8, RDX);
  a.storeData(Data.RangeNext, R8);
  a.ret();
}

function emitMapDevice(a: KeelAssembler, labels: CallLabels, refuse: number): void {
  const [next, checked, elsewhere] = [a.label(), a.label(), a.label()];
  emitRequireOpen(a, refuse);
  a.compareConstant(RSI, DEVICE_PAGES);
  a.branch(Condition.AboveOrEqual, refuse);
  a.ri(TEST64.rmImm32, RDI, PAGE_BYTES - 1);
  a.branch(Condition.NotEqual, refuse);
  // Above these an entry holds no address: it would be a second name of any frame below.
  a.move(RAX, RDI);
  a.shiftRight(RAX, PHYSICAL_BITS);
  a.branch(Condition.NotEqual, refuse);
  a.set(RAX, CONTROLLERS_START | 0);
  a.rr(MOV32.regRm, RAX, RAX);
  a.compare(RDI, RAX);
  a.branch(Condition.Below, elsewhere);
  a.set(RAX, CONTROLLERS_END | 0);
  a.rr(MOV32.regRm, RAX, RAX);
  a.compare(RDI, RAX);
  a.branch(Condition.Below, refuse);
  a.bind(elsewhere);
  a.dataAddress(RAX, Data.Ranges);
  a.loadData(RCX, Data.RangeCount);
  a.compareConstant(RDI, FIRST_MEGABYTE);
  a.branch(Condition.Below, refuse);
  a.bind(next);
  a.addConstant(RCX, -1);
  a.branch(Condition.Sign, checked);
  a.rm(CMP64.regRm, RDI, RAX, ABSENT, 1, 8);
  const above = a.label();
  a.branch(Condition.AboveOrEqual, above);
  a.rm(CMP64.regRm, RDI, RAX, ABSENT, 1, 0);
  a.branch(Condition.AboveOrEqual, refuse);
  a.bind(above);
  a.addConstant(RAX, 16);
  a.jump(next);
  a.bind(checked);
  a.data(CMP64.regRm, RDI, Data.ImageEnd);
  a.branch(Condition.Below, refuse);
  a.set64(RAX, NO_EXECUTE | BigInt(DEVICE_ENTRY));
  a.or(RDI, RAX);
  a.shiftLeft(RSI, 12);
  a.data(ADD64.regRm, RSI, Data.Windows + labels.deviceWindow * Window.Size + Window.Base);
  a.move(RAX, RSI);
  a.move(RSI, RDI);
  a.move(RDI, RAX);
  a.call(labels.map);
  a.ret();
}
const FIRST_MEGABYTE = 0x10_0000;
/** Of an address in an entry (SDM 3, 4.5). */
const PHYSICAL_BITS = 52;
const DEVICE_ENTRY =
  Entry.Present | Entry.Write | Entry.User | Entry.CacheDisable | Entry.WriteThrough | Entry.Image;

function emitRequireOpen(a: KeelAssembler, refuse: number): void {
  a.data(CMP64.rmImm32, 0, Data.IsSealed, 0);
  a.branch(Condition.NotEqual, refuse);
}

/** Edge-triggered, to the first processor (82093AA, 3.2.4). */
function emitOpenInterrupt(a: KeelAssembler, refuse: number): void {
  emitRequireOpen(a, refuse);
  a.compareConstant(RDI, LAST_INTERRUPT);
  a.branch(Condition.Above, refuse);
  const write = (register: number, value: number) => {
    a.rm(LEA64, RAX, RDI, RDI, 1, IO_APIC_TABLE + register);
    a.data(MOV32.rmReg, RAX, IO_APIC);
    a.data(MOV32.rmImm32, 0, IO_APIC + IO_APIC_VALUE, value);
  };
  write(1, 0);
  write(0, DEVICE_VECTOR);
  a.ret();
}

/** Configuration mechanism 1 (PCI 3.0, 3.2.2.3.2). rdi: the address. */
function emitPci(a: KeelAssembler, refuse: number, access: () => void): void {
  emitRequireOpen(a, refuse);
  a.move(RAX, RDI);
  a.ri(BTS32, RAX, PCI_ENABLE_BIT);
  a.set(RDX, Port.PciAddress);
  a.none(OUT32);
  a.set(RDX, Port.PciData);
  access();
  a.ret();
}
const PCI_ENABLE_BIT = 31;

function emitSeal(a: KeelAssembler, labels: CallLabels): void {
  a.setData(Data.IsSealed, 1);
  emitReadOnly(a, labels);
  a.ret();
}

function emitDiscardCall(a: KeelAssembler, labels: CallLabels, refuse: number): void {
  emitAnyWindow(a, labels, refuse);
  a.mi(CMP32.rmImm32, RDI, ABSENT, 1, Window.PinnedPages, 0);
  a.branch(Condition.NotEqual, refuse);
  a.push(RBX);
  a.push(R12);
  a.push(R13);
  a.move(RBX, RDI);
  a.move(R12, R8);
  emitDiscard(a, labels);
  a.pop(R13);
  a.pop(R12);
  a.pop(RBX);
  a.ret();
}

function emitTellEntriesCall(a: KeelAssembler, labels: CallLabels, refuse: number): void {
  if (labels.replicas === undefined) {
    a.jump(refuse);
    return;
  }
  emitAnyWindow(a, labels, refuse);
  // No pages but the window's own, and the keel writes to no address of its own.
  a.load(RAX, RDI, Window.End);
  a.rm(SUB64.regRm, RAX, RDI, ABSENT, 1, Window.Base);
  a.shiftRight(RAX, 12);
  a.compare(RSI, RAX);
  a.branch(Condition.Above, refuse);
  a.test(RSI);
  a.branch(Condition.Equal, refuse);
  a.rm(LEA64, RAX, RDX, RSI, 1, 0);
  a.compare(RAX, RDX);
  a.branch(Condition.Below, refuse);
  a.shiftRight(RAX, USER_LIMIT_SHIFT);
  a.branch(Condition.NotEqual, refuse);
  for (const register of [RBX, R12, R13]) a.push(register);
  a.move(RBX, RDI);
  a.move(R12, RSI);
  a.move(R13, RDX);
  emitTellEntries(a, labels);
  for (const register of [R13, R12, RBX]) a.pop(register);
  a.ret();
}

function emitCountPages(a: KeelAssembler, labels: CallLabels, refuse: number): void {
  emitAnyWindow(a, labels, refuse);
  a.load(RAX, RDI, Window.Pages);
  a.load(RDX, RDI, Window.Base);
  a.ret();
}
