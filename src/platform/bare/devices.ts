/**
 * `device.*` as machine code: what a driver may do to a device, and no more.
 *
 * A device reads and writes physical memory wherever a descriptor or a queue address says. So descriptors and queue
 * addresses are written here, from pinned ranges that were checked; a driver gives numbers only. Nonsense is `ud2`: a
 * fault of the kernel's, which ends the machine.
 *
 * Arguments come in rax rdx rcx rsi rdi r8; i32 are zero-extended; rbx is the base of the kernel's memory.
 * Source: virtio 1.2, 2.7 (split virtqueues). A driver names registers as MMIO has them (4.2.2), whatever the device is.
 */
import { BootInformation, KeelCall } from "../../abi/boot.ts";
import { MemoryHeader, Relocation } from "../../abi/object.ts";
import { QUEUES_LIMIT, QUEUE_SIZE_LIMIT } from "../../abi/platform.ts";
import { Register } from "../../abi/virtio.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, MEMORY_BASE, R10, R11, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import {
  AND32,
  CMP32,
  CMP64,
  IMUL64,
  LEA64,
  MOV32,
  MOVZX16TO32,
  MOVZX8TO32,
  OR64,
  PAUSE,
  SHL64,
  TEST32,
  UD2,
} from "../../x64/tables/index.ts";
import type { KeelCalls } from "./keel-calls.ts";
import { MMIO } from "./mmio.ts";
import { PCI } from "./pci.ts";
import { DESCRIPTOR_BYTES, Device, DeviceKind, Queue, type BareState } from "./state.ts";
import type { Transport } from "./transport.ts";

/** All that a driver may write itself. */
const DRIVER_REGISTERS = [
  Register.InterruptAcknowledge,
  Register.Status,
  Register.DeviceFeaturesSelect,
  Register.DriverFeatures,
  Register.DriverFeaturesSelect,
];
const REGISTER_BYTES = 0x200;
const CONFIGURATION_BYTES = 0x100;
const PAGE_MASK = 4095;
/** Between two looks: about a third of a microsecond on processors that take their time over each. */
const RESTS = 8;
/** VIRTIO_F_VERSION_1, of the second 32 features (6). */
const VERSION_1 = 1;
/**
 * Network, block, console, entropy (5): devices that reach memory by their descriptors alone. Others, a balloon or a
 * graphics processor, take addresses out of buffers.
 */
export const FIRST_DEVICE_ID = 1;
export const LAST_DEVICE_ID = 4;
/** VIRTQ_DESC_F_NEXT, _WRITE. Not _INDIRECT: a table in pinned memory would be the driver's to write. */
const DESCRIPTOR_FLAGS = 3;
/**
 * Of one descriptor. A device may read one while it is written anew, the address of one and the length of the other:
 * so behind what may be offered so many bytes more are pinned.
 */
const DESCRIBED_LIMIT = 64 * 1024;
/** Bytes of the available and the used ring beside their elements (2.7.6, 2.7.8), event field included. */
const RING_BYTES = 6;

export interface DeviceCode {
  readonly state: BareState;
  /** The kernel's memory among the keel's windows. */
  readonly memoryWindow: number;
  /** Where the image's first address lies in physical memory. */
  readonly physicalFromImage: number;
  readonly keel: KeelCalls;
}

/** Emitters by import name. Each ends in `ret`. */
export const DEVICE_FUNCTIONS: Readonly<Record<string, (a: Shorthand, code: DeviceCode) => void>> = {
  count: (a, { state }) => {
    a.loadPlace(RAX, Place.State, state.deviceCount);
    a.ret();
  },
  readRegister: (a, code) => {
    const bad = a.label();
    emitDevice(a, code, bad);
    a.ri(TEST32.rmImm32, RDX, 3);
    a.branch(Condition.NotEqual, bad);
    a.compareConstant(RDX, REGISTER_BYTES);
    a.branch(Condition.AboveOrEqual, bad);
    eachKind(a, R11, Device.Kind, (transport) => transport.read(a));
    emitBad(a, bad);
  },
  readConfiguration: (a, code) => {
    const bad = a.label();
    emitDevice(a, code, bad);
    a.compareConstant(RDX, CONFIGURATION_BYTES);
    a.branch(Condition.AboveOrEqual, bad);
    a.load(R11, R11, Device.Configuration);
    a.rm(MOVZX8TO32, RAX, R11, RDX, 1, 0);
    a.ret();
    emitBad(a, bad);
  },
  writeRegister: (a, code) => {
    const bad = a.label();
    const allowed = a.label();
    emitDevice(a, code, bad);
    for (const register of DRIVER_REGISTERS) {
      a.compareConstant(RDX, register);
      a.branch(Condition.Equal, allowed);
    }
    emitBad(a, bad);
    a.bind(allowed);
    emitFeatures(a, bad);
    eachKind(a, R11, Device.Kind, (transport) => transport.write(a));
  },
  pin: emitPin,
  openQueue: emitOpenQueue,
  describe: emitDescribe,
  notify: (a, code) => {
    const bad = a.label();
    emitQueue(a, code, bad);
    a.load(R10, R11, Queue.Notify);
    a.load32(RAX, R11, Queue.Index);
    eachKind(a, R11, Queue.Kind, (transport) => transport.notify(a));
    emitBad(a, bad);
  },
  watch: emitWatch,
};

/** The code of both kinds of device; each ends in `ret`. */
function eachKind(
  a: Shorthand,
  record: number,
  field: Device.Kind | Queue.Kind,
  emit: (transport: Transport) => void,
): void {
  const pci = a.label();
  a.mi(CMP32.rmImm8, record, ABSENT, 1, field, DeviceKind.Mmio);
  a.branch(Condition.NotEqual, pci);
  emit(MMIO);
  a.bind(pci);
  emit(PCI);
}

function emitBad(a: Shorthand, bad: number): void {
  a.bind(bad);
  a.none(UD2);
}

/** rax: a device. r11: its record. Changes rax. */
function emitDevice(a: Shorthand, { state }: DeviceCode, bad: number): void {
  a.loadPlace(R11, Place.State, state.deviceCount);
  a.compare(RAX, R11);
  a.branch(Condition.AboveOrEqual, bad);
  a.rri(IMUL64.regRmImm8, RAX, RAX, Device.Bytes);
  a.placeAddress(R11, Place.State, state.devices);
  a.add(R11, RAX);
}

/**
 * rdx: a register that is written, ecx: its value, r11: the device's record. Changes rax.
 *
 * Of the features that change how queues are read, a driver may take VIRTIO_F_VERSION_1 only: in a packed ring a
 * descriptor's flags would be where `describe` has the next one's number. Where the device stands after a reset is not
 * asked: what was not selected here is not the lowest word.
 */
function emitFeatures(a: Shorthand, bad: number): void {
  const [other, high, done] = [a.label(), a.label(), a.label()];
  a.compareConstant(RDX, Register.DriverFeaturesSelect);
  a.branch(Condition.NotEqual, other);
  a.set(RAX, 0);
  a.test(RCX);
  a.branch(Condition.NotEqual, high);
  a.set(RAX, 1);
  a.bind(high);
  a.store(R11, Device.HasLowFeatures, RAX);
  a.jump(done);
  a.bind(other);
  a.compareConstant(RDX, Register.DriverFeatures);
  a.branch(Condition.NotEqual, done);
  a.load(RAX, R11, Device.HasLowFeatures);
  a.test(RAX);
  a.branch(Condition.NotEqual, done);
  a.compareConstant(RCX, VERSION_1);
  a.branch(Condition.Above, bad);
  a.bind(done);
}

/** rax: a queue. r11: its record. Changes rax. */
function emitQueue(a: Shorthand, { state }: DeviceCode, bad: number): void {
  a.loadPlace(R11, Place.State, state.queueCount);
  a.compare(RAX, R11);
  a.branch(Condition.AboveOrEqual, bad);
  a.rri(IMUL64.regRmImm8, RAX, RAX, Queue.Bytes);
  a.placeAddress(R11, Place.State, state.queues);
  a.add(R11, RAX);
}

/** rax: pointer, rdx: bytes. rax: bytes pinned. */
function emitPin(a: Shorthand, code: DeviceCode): void {
  const { state } = code;
  const [bad, enough] = [a.label(), a.label()];
  a.loadPlace(R11, Place.State, state.pinnedBytes);
  a.test(R11);
  a.branch(Condition.NotEqual, bad);
  a.ri(TEST32.rmImm32, RAX, PAGE_MASK);
  a.branch(Condition.NotEqual, bad);
  a.rm(LEA64, R11, RAX, RDX, 1, 0);
  a.rm(CMP64.regRm, R11, MEMORY_BASE, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.Above, bad);
  a.storePlace(Place.State, state.pinnedStart, RAX);
  a.move(RSI, RAX);
  a.addConstant(RDX, DESCRIBED_LIMIT);
  a.set(RDI, code.memoryWindow);
  code.keel.call(a, KeelCall.Pin);
  a.storePlace(Place.State, state.pinnedFrame, RAX);
  a.addConstant(RDX, -DESCRIBED_LIMIT);
  a.branch(Condition.Below, enough); // carried: not below 0
  a.set(RDX, 0);
  a.bind(enough);
  a.storePlace(Place.State, state.pinnedBytes, RDX);
  a.move(RAX, RDX);
  a.ret();
  emitBad(a, bad);
}

/** from: pointer to `bytes` (a register) pinned bytes. to: their physical address. Changes r10. */
function emitPinned(a: Shorthand, { state }: DeviceCode, from: number, bytes: number, bad: number): void {
  a.loadPlace(R10, Place.State, state.pinnedStart);
  a.subtract(from, R10);
  a.branch(Condition.Below, bad);
  a.rm(LEA64, R10, from, bytes, 1, 0);
  a.rip(CMP64.regRm, R10, Relocation.DataSegment, Place.State, state.pinnedBytes);
  a.branch(Condition.Above, bad);
  a.loadPlace(R10, Place.State, state.pinnedFrame);
  a.add(from, R10);
}

/** rax: device, rdx: index, rcx: size, rsi: available ring, rdi: used ring. rax: the queue, or -1. */
function emitOpenQueue(a: Shorthand, code: DeviceCode): void {
  const { state } = code;
  const bad = a.label();
  const refuse = a.label();
  emitDevice(a, code, bad);
  a.test(RCX);
  a.branch(Condition.Equal, bad);
  a.compareConstant(RCX, QUEUE_SIZE_LIMIT);
  a.branch(Condition.Above, bad);
  a.rm(LEA64, R8, RCX, ABSENT, 1, -1);
  a.rr(TEST32.rmReg, R8, RCX);
  a.branch(Condition.NotEqual, bad);
  a.ri(TEST32.rmImm32, RSI, 1);
  a.branch(Condition.NotEqual, bad);
  a.ri(TEST32.rmImm32, RDI, 3);
  a.branch(Condition.NotEqual, bad);
  a.rm(LEA64, R8, RCX, RCX, 1, RING_BYTES);
  emitPinned(a, code, RSI, R8, bad);
  a.rm(LEA64, R8, ABSENT, RCX, 8, RING_BYTES);
  emitPinned(a, code, RDI, R8, bad);

  a.load(R8, R11, Device.Id);
  a.addConstant(R8, -FIRST_DEVICE_ID);
  a.compareConstant(R8, LAST_DEVICE_ID - FIRST_DEVICE_ID);
  a.branch(Condition.Above, refuse);
  a.loadPlace(R8, Place.State, state.queueCount);
  a.compareConstant(R8, QUEUES_LIMIT);
  a.branch(Condition.AboveOrEqual, refuse);
  eachKind(a, R11, Device.Kind, (transport) => {
    transport.selectQueue(a, refuse);
    emitRecord(a, code);
    transport.enableQueue(a);
    a.move(RAX, R8);
    a.ret();
  });
  a.bind(refuse);
  a.ri(MOV32.regImm32, RAX, -1);
  a.ret();
  emitBad(a, bad);
}

/** r8: the queue's number, r11: its device. rax: its record, r9: physical address of its table. Changes r10. */
function emitRecord(a: Shorthand, { state, physicalFromImage }: DeviceCode): void {
  a.rm(LEA64, R10, R8, ABSENT, 1, 1);
  a.storePlace(Place.State, state.queueCount, R10);
  a.rri(IMUL64.regRmImm8, RAX, R8, Queue.Bytes);
  a.placeAddress(R10, Place.State, state.queues);
  a.add(RAX, R10);
  a.load(R10, R11, Device.Kind);
  a.store32(RAX, Queue.Kind, R10);
  a.store32(RAX, Queue.Index, RDX);
  a.store32(RAX, Queue.Size, RCX);
  a.rri(IMUL64.regRmImm32, R9, R8, QUEUE_SIZE_LIMIT * DESCRIPTOR_BYTES);
  a.placeAddress(R10, Place.State, state.descriptors);
  a.add(R9, R10);
  a.store(RAX, Queue.Descriptors, R9);
  a.loadPlace(R10, Place.State, state.information);
  a.load(R10, R10, BootInformation.Windows);
  a.subtract(R9, R10);
  a.addConstant(R9, physicalFromImage);
}

/** rax: pointer, rdx: value, rcx: looks. rax: 1, or 0. */
function emitWatch(a: Shorthand): void {
  const [bad, again, same, changed] = [a.label(), a.label(), a.label(), a.label()];
  a.rm(LEA64, R11, RAX, ABSENT, 1, 2);
  a.rm(CMP64.regRm, R11, MEMORY_BASE, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.Above, bad);
  a.bind(again);
  a.rm(MOVZX16TO32, R10, MEMORY_BASE, RAX, 1, 0);
  a.compare(R10, RDX);
  a.branch(Condition.NotEqual, changed);
  a.test(RCX);
  a.branch(Condition.Equal, same);
  for (let count = 0; count < RESTS; count++) a.none(PAUSE);
  a.addConstant(RCX, -1);
  a.jump(again);
  a.bind(changed);
  a.set(RAX, 1);
  a.ret();
  a.bind(same);
  a.set(RAX, 0);
  a.ret();
  emitBad(a, bad);
}

/** rax: queue, rdx: descriptor, rcx: pointer, rsi: bytes, rdi: flags, r8: next. */
function emitDescribe(a: Shorthand, code: DeviceCode): void {
  const bad = a.label();
  emitQueue(a, code, bad);
  a.rm(CMP32.regRm, RDX, R11, ABSENT, 1, Queue.Size);
  a.branch(Condition.AboveOrEqual, bad);
  a.rm(CMP32.regRm, R8, R11, ABSENT, 1, Queue.Size);
  a.branch(Condition.AboveOrEqual, bad);
  a.compareConstant(RSI, DESCRIBED_LIMIT);
  a.branch(Condition.Above, bad);
  emitPinned(a, code, RCX, RSI, bad);
  a.ri(AND32.rmImm32, RDI, DESCRIPTOR_FLAGS);
  a.load(R11, R11, Queue.Descriptors);
  a.ri(SHL64.imm8, RDX, 4);
  a.add(R11, RDX);
  a.store(R11, 0, RCX);
  a.ri(SHL64.imm8, RDI, 32);
  a.ri(SHL64.imm8, R8, 48);
  a.rr(OR64.regRm, RSI, RDI);
  a.rr(OR64.regRm, RSI, R8);
  a.store(R11, 8, RSI);
  a.ret();
  emitBad(a, bad);
}
