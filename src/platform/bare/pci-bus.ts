/**
 * Finds virtio devices on PCI bus 0, function 0, as VMMs place them: maps their structures, lets them send interrupts
 * as messages, and lets them master the bus. Addresses are the firmware's or the VMM's. Devices that no driver may open
 * a queue of are left alone: one that may not master the bus writes nowhere.
 *
 * Source: PCI 3.0, 6.1 and 6.7 (capabilities), 6.8.2 (MSI-X); virtio 1.2, 4.1.4.
 */
import { KeelCall } from "../../abi/boot.ts";
import { DEVICES_LIMIT } from "../../abi/platform.ts";
import { DEVICE_PAGES } from "../../keel/layout.ts";
import { DEVICE_VECTOR } from "../../keel/descriptors.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R12, R13, R14, R15, RAX, RBP, RCX, RDI, RSI, RSP } from "../../x64/register.ts";
import {
  AND32,
  AND64,
  BT64,
  BTR64,
  BTS64,
  IMUL64,
  LEA64,
  MOV32,
  OR64,
  SHL64,
  SHR32,
  SHR64,
} from "../../x64/tables/index.ts";
import { emitMapDevice } from "./device-window.ts";
import { FIRST_DEVICE_ID, LAST_DEVICE_ID } from "./devices.ts";
import type { KeelCalls } from "./keel-calls.ts";
import { COMMON_BYTES } from "./pci.ts";
import { Device, DeviceKind, type BareState } from "./state.ts";

const DEVICES = 32;
const DEVICE_SHIFT = 11;
const VIRTIO_VENDOR = 0x1af4;
const FIRST_MODERN = 0x1040;
const LAST_MODERN = 0x107f;
const FIRST_TRANSITIONAL = 0x1000;
/** Among virtio device IDs. */
const NETWORK = 1;

/** Configuration space, by byte. */
const enum Pci {
  Vendor = 0,
  Command = 4,
  FirstBar = 0x10,
  Subsystem = 0x2c,
  Capabilities = 0x34,
}
/** Memory space, bus master, no interrupt lines. */
const COMMAND_BITS = 0x406;
const VENDOR_CAPABILITY = 9;
const MSIX_CAPABILITY = 0x11;
const MSIX_ENABLE_BIT = 31;
const MSIX_MASK_BIT = 30;
const MESSAGE_ADDRESS = 0xfee0_0000;
/** Of the table's entry. */
const MESSAGE_BYTES = 16;
const CAPABILITIES_LIMIT = 48;
const PAGE_BYTES = 4096;
/** As drivers may read them. */
const CONFIGURATION_BYTES = 256;

/** A virtio capability (4.1.4): its kinds that are used, and its fields by byte. */
const enum Structure {
  Common = 1,
  Notify = 2,
  Device = 4,
}
const enum Capability {
  Bar = 4,
  Offset = 8,
  NotifyMultiplier = 16,
}

/**
 * rbp: the device's address, r12: the capability's place, r13: its record, r14: what is at hand, r15: capabilities left.
 * Changes every register but rbx and rsp.
 */
export function emitFindPciDevices(a: Shorthand, state: BareState, keel: KeelCalls): void {
  const [next, skip, done, read, known] = [a.label(), a.label(), a.label(), a.label(), a.label()];
  a.set(RBP, 0);
  a.bind(next);
  a.set(R12, Pci.Vendor);
  a.call(read);
  a.move(R14, RAX);
  a.addConstant(RAX, 1);
  a.ri(SHR64.imm8, RAX, 32);
  a.branch(Condition.Equal, known); // not all ones
  a.test(RBP);
  a.branch(Condition.Equal, done); // no bridge: no bus
  a.jump(skip);
  a.bind(known);
  a.move(RAX, R14);
  a.ri(AND32.rmImm32, RAX, 0xffff);
  a.compareConstant(RAX, VIRTIO_VENDOR);
  a.branch(Condition.NotEqual, skip);
  a.loadPlace(R13, Place.State, state.deviceCount);
  a.compareConstant(R13, DEVICES_LIMIT);
  a.branch(Condition.AboveOrEqual, done);
  emitIdentity(a, state, read, skip);
  emitCapabilities(a, state, keel, read);
  // A device that shows all it must is taken. A network wakes who sleeps: without messages frames would lie until then.
  const complete = a.label();
  const require = (field: Device) => {
    a.load(RAX, R13, field);
    a.test(RAX);
    a.branch(Condition.Equal, skip);
  };
  require(Device.Registers);
  require(Device.Notify);
  a.load(RAX, R13, Device.Id);
  a.compareConstant(RAX, NETWORK);
  a.branch(Condition.NotEqual, complete);
  require(Device.Messages);
  a.bind(complete);
  a.set(RAX, DeviceKind.Pci);
  a.store(R13, Device.Kind, RAX);
  a.loadPlace(RAX, Place.State, state.deviceCount);
  a.addConstant(RAX, 1);
  a.storePlace(Place.State, state.deviceCount, RAX);
  a.set(R12, Pci.Command);
  a.set(RSI, COMMAND_BITS);
  emitWrite(a, keel);
  a.bind(skip);
  a.addConstant(RBP, 1 << DEVICE_SHIFT);
  a.compareConstant(RBP, DEVICES << DEVICE_SHIFT);
  a.branch(Condition.Below, next);
  a.jump(done);

  // rax: 4 bytes at r12 of the device.
  a.bind(read);
  a.rm(LEA64, RDI, RBP, R12, 1, 0);
  keel.leave(a, KeelCall.ReadPci);
  a.bind(done);
}

/** r13: the device's number; r14: vendor and device. r13: its record, with its virtio device ID. */
function emitIdentity(a: Shorthand, state: BareState, read: number, skip: number): void {
  const modern = a.label();
  a.rri(IMUL64.regRmImm8, R13, R13, Device.Bytes);
  a.placeAddress(RAX, Place.State, state.devices);
  a.add(R13, RAX);
  a.ri(SHR32.imm8, R14, 16);
  a.compareConstant(R14, LAST_MODERN);
  a.branch(Condition.Above, skip);
  a.compareConstant(R14, FIRST_MODERN);
  a.branch(Condition.AboveOrEqual, modern);
  a.compareConstant(R14, FIRST_TRANSITIONAL);
  a.branch(Condition.Below, skip);
  a.set(R12, Pci.Subsystem);
  a.call(read);
  a.move(R14, RAX);
  a.ri(SHR32.imm8, R14, 16);
  a.addConstant(R14, FIRST_MODERN);
  a.bind(modern);
  a.addConstant(R14, -FIRST_MODERN);
  a.store(R13, Device.Id, R14);
  a.addConstant(R14, -FIRST_DEVICE_ID);
  a.compareConstant(R14, LAST_DEVICE_ID - FIRST_DEVICE_ID);
  a.branch(Condition.Above, skip);
  // Nothing is left of a device that was looked at here before, and not taken.
  a.set(RAX, 0);
  const fields = [Device.Registers, Device.Configuration, Device.Notify, Device.Messages];
  for (const field of fields) a.store(R13, field, RAX);
}

/** rsi: what is written at r12. */
function emitWrite(a: Shorthand, keel: KeelCalls): void {
  a.rm(LEA64, RDI, RBP, R12, 1, 0);
  keel.call(a, KeelCall.WritePci);
}

function emitCapabilities(a: Shorthand, state: BareState, keel: KeelCalls, read: number): void {
  const [next, vendor, message, over] = [a.label(), a.label(), a.label(), a.label()];
  a.set(R15, CAPABILITIES_LIMIT);
  a.set(R12, Pci.Capabilities);
  a.call(read);
  a.move(R12, RAX);
  a.bind(next);
  a.ri(AND32.rmImm32, R12, 0xfc);
  a.branch(Condition.Equal, over);
  a.addConstant(R15, -1);
  a.branch(Condition.Equal, over);
  a.loadPlace(RAX, Place.State, state.devicePages);
  a.compareConstant(RAX, DEVICE_PAGES);
  a.branch(Condition.AboveOrEqual, over); // a device that goes round in circles
  a.call(read);
  a.move(R14, RAX);
  a.ri(AND32.rmImm32, RAX, 0xff);
  const follow = a.label();
  a.compareConstant(RAX, VENDOR_CAPABILITY);
  a.branch(Condition.Equal, vendor);
  a.compareConstant(RAX, MSIX_CAPABILITY);
  a.branch(Condition.Equal, message);
  a.bind(follow);
  a.move(R12, R14);
  a.ri(SHR32.imm8, R12, 8);
  a.jump(next);
  a.bind(vendor);
  emitStructure(a, state, keel, read, follow);
  a.bind(message);
  emitMessages(a, state, keel, read, follow);
  a.bind(over);
}

/** r14: the capability's first 4 bytes, the kind in the highest. */
function emitStructure(a: Shorthand, state: BareState, keel: KeelCalls, read: number, follow: number): void {
  const wanted = a.label();
  const kinds = [
    [Structure.Common, Device.Registers, COMMON_BYTES],
    [Structure.Notify, Device.Notify, 2],
    [Structure.Device, Device.Configuration, CONFIGURATION_BYTES],
  ] as const;
  const fits = a.label();
  a.move(RCX, R14);
  a.ri(SHR32.imm8, RCX, 24);
  for (const [kind] of kinds) {
    a.compareConstant(RCX, kind);
    a.branch(Condition.Equal, wanted);
  }
  a.jump(follow);
  a.bind(wanted);
  a.push(R14);
  a.push(R15);
  a.addConstant(R12, Capability.Offset);
  a.call(read);
  a.move(R15, RAX);
  a.addConstant(R12, Capability.Bar - Capability.Offset);
  a.call(read);
  a.addConstant(R12, -Capability.Bar);
  emitBar(a, read);
  // What one page does not show would be the next one's, another device's.
  a.load32(RCX, RSP, 8);
  a.ri(SHR32.imm8, RCX, 24);
  a.move(RAX, R14);
  a.ri(AND32.rmImm32, RAX, PAGE_BYTES - 1);
  for (const [kind, , sizeBytes] of kinds) {
    const other = a.label();
    a.compareConstant(RCX, kind);
    a.branch(Condition.NotEqual, other);
    a.compareConstant(RAX, PAGE_BYTES - sizeBytes);
    a.branch(Condition.BelowOrEqual, fits);
    a.bind(other);
  }
  a.pop(R15);
  a.pop(R14);
  a.jump(follow);
  a.bind(fits);
  emitMapDevice(a, state, keel, R14);
  a.pop(R15);
  a.pop(R14);
  a.move(RCX, R14);
  a.ri(SHR32.imm8, RCX, 24);
  for (const [kind, field] of kinds) {
    const other = a.label();
    a.compareConstant(RCX, kind);
    a.branch(Condition.NotEqual, other);
    a.store(R13, field, RAX);
    if (kind === Structure.Notify) {
      a.addConstant(R12, Capability.NotifyMultiplier);
      a.call(read);
      a.addConstant(R12, -Capability.NotifyMultiplier);
      a.store(R13, Device.NotifyMultiplier, RAX);
    }
    a.jump(follow);
    a.bind(other);
  }
}

/** al: number of a base address register, r15: offset. r14: the physical address. Changes r12 and puts it back. */
function emitBar(a: Shorthand, read: number): void {
  const narrow = a.label();
  a.push(R12);
  a.ri(AND32.rmImm32, RAX, 7);
  a.rm(LEA64, R12, ABSENT, RAX, 4, Pci.FirstBar);
  a.call(read);
  a.move(R14, RAX);
  a.ri(BT64.rmImm8, R14, 2); // a register of 64 bits
  a.branch(Condition.AboveOrEqual, narrow);
  a.addConstant(R12, 4);
  a.call(read);
  a.ri(SHL64.imm8, RAX, 32);
  a.rr(OR64.regRm, R14, RAX);
  a.bind(narrow);
  a.ri(AND64.rmImm32, R14, -16);
  a.add(R14, R15);
  a.pop(R12);
}

/** One message for all queues: entry 0 of the table. */
function emitMessages(a: Shorthand, state: BareState, keel: KeelCalls, read: number, follow: number): void {
  a.push(R14);
  a.push(R15);
  a.addConstant(R12, Capability.Bar);
  a.call(read);
  a.addConstant(R12, -Capability.Bar);
  a.move(R15, RAX);
  a.ri(AND32.rmImm32, R15, -8);
  emitBar(a, read);
  const shown = a.label();
  a.move(RAX, R14);
  a.ri(AND32.rmImm32, RAX, PAGE_BYTES - 1);
  a.compareConstant(RAX, PAGE_BYTES - MESSAGE_BYTES);
  a.branch(Condition.BelowOrEqual, shown);
  a.pop(R15);
  a.pop(R14);
  a.jump(follow);
  a.bind(shown);
  emitMapDevice(a, state, keel, R14);
  a.pop(R15);
  a.pop(R14);
  a.store(R13, Device.Messages, RAX);
  const entry = [MESSAGE_ADDRESS, 0, DEVICE_VECTOR, 0];
  entry.forEach((word, index) => a.mi(MOV32.rmImm32, RAX, ABSENT, 1, index * 4, word | 0));
  a.move(RSI, R14);
  a.ri(BTS64, RSI, MSIX_ENABLE_BIT);
  a.ri(BTR64, RSI, MSIX_MASK_BIT);
  emitWrite(a, keel);
  a.jump(follow);
}
